//! `iamra k8s`, where no cluster is needed.

use std::path::Path;

use crate::laboratory::Laboratory;
use crate::run::{Run, filters};
use crate::stub::{Answers, Stub};

#[cfg(unix)]
mod inputs;
mod manifests;
mod names;
mod pods_manifests;

/// A snapshot in the folder of all of them.
fn shown(name: &str, text: &str) {
    filters(Path::new("/nowhere")).bind(|| insta::assert_snapshot!(name, text));
}

/// What a pass logs that creates a Secret, in a cluster that is a few answers.
pub(crate) fn log_of_a_sync(laboratory: &Laboratory, more: &[&str]) -> String {
    let missing = serde_json::json!({"kind": "Status", "code": 404, "reason": "NotFound"});
    let made = serde_json::json!({"metadata": {"uid": "1", "resourceVersion": "1"}});
    let secrets = "api/v1/namespaces/default/secrets";
    let answers = [
        (format!("GET {secrets}/ecr-pull"), (404, missing)),
        (format!("POST {secrets}?&fieldManager=iamra"), (201, made)),
    ];
    let leaked = answers.map(|(what, answer)| (&*what.leak(), answer));
    let cluster = Stub::new(leaked.into());
    let kubeconfig = kubeconfig(laboratory, &cluster);
    let sync = ["k8s", "sync", "--kubeconfig", &kubeconfig];
    let run = Run::of(&mut laboratory.command(&[&sync, more].concat())).ok();
    run.stderr
}

/// A kubeconfig of that cluster.
pub(crate) fn kubeconfig(laboratory: &Laboratory, cluster: &Stub) -> String {
    let server = format!("{}/v1", cluster.url());
    let kubeconfig = serde_json::json!({
        "clusters": [{"name": "stub", "cluster": {"server": server}}],
        "contexts": [{"name": "stub", "context": {"cluster": "stub", "user": "nobody"}}],
        "users": [{"name": "nobody", "user": {"token": "a-token-of-nobody"}}],
        "current-context": "stub",
    });
    laboratory.write("kubeconfig", &kubeconfig.to_string())
}

/// The namespaces of the system are found by no selector and no glob, whatever
/// else is left out.
#[test]
fn the_system_is_no_target() {
    let laboratory = Laboratory::new();
    let names = [
        "kube-system",
        "kube-public",
        "kube-node-lease",
        "kube-x",
        "out",
    ];
    let namespaces = names.map(|name| serde_json::json!({"metadata": {"name": name}}));
    let namespaces = serde_json::json!({"metadata": {}, "items": namespaces});
    let none = serde_json::json!({"metadata": {}, "items": []});
    let cluster = Stub::new(Answers::from([
        ("GET api/v1/namespaces", (200, namespaces)),
        ("GET api/v1/secrets", (200, none)),
    ]));
    let kubeconfig = kubeconfig(&laboratory, &cluster);
    let globs = ["--namespace-glob", "*", "--exclude-namespace", "out"];
    let sync = [
        "k8s",
        "sync",
        "--dry-run",
        "client",
        "--kubeconfig",
        &kubeconfig,
    ];
    let run = Run::of(&mut laboratory.command(&[&sync, &globs[..]].concat())).ok();
    assert_eq!(run.stdout, "created kube-x/ecr-pull (dry run)\n", "{run}");
}
