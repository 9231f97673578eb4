//! `iamra k8s`, where no cluster is needed.

use std::path::Path;

use crate::laboratory::Laboratory;
use crate::run::{Run, filters};
use crate::stub::Stub;

#[cfg(unix)]
mod inputs;
mod manifests;
mod names;

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
    let server = format!("{}/v1", cluster.url());
    let kubeconfig = serde_json::json!({
        "clusters": [{"name": "stub", "cluster": {"server": server}}],
        "contexts": [{"name": "stub", "context": {"cluster": "stub", "user": "nobody"}}],
        "users": [{"name": "nobody", "user": {"token": "a-token-of-nobody"}}],
        "current-context": "stub",
    });
    let kubeconfig = laboratory.write("kubeconfig", &kubeconfig.to_string());
    let sync = ["k8s", "sync", "--kubeconfig", &kubeconfig];
    let run = Run::of(&mut laboratory.command(&[&sync, more].concat())).ok();
    run.stderr
}
