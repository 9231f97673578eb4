//! What is printed is enough: the binary, with the token of its service account
//! and nothing else.

use std::collections::BTreeSet;
use std::process::Command;

use http::Method;
use serde_json::{Value, json};

use super::installed::{Installed, documents, printed};
use super::scene::{Scene, path, team};
use crate::daemon::{Daemon, free_address};
use crate::laboratory::{Laboratory, runtime};
use crate::run::Run;

fn installed(scene: &Scene, config: &str, arguments: &[&str]) -> Installed {
    runtime().block_on(Installed::new(scene.testbed, config, arguments))
}

/// A kubeconfig of the service account.
pub(super) fn kubeconfig(laboratory: &Laboratory, us: &Installed) -> String {
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "us",
        "clusters": [{"name": "us", "cluster": {
            "server": us.testbed.base().to_string(),
            "certificate-authority": us.testbed.state("ca.crt"),
        }}],
        "users": [{"name": "us", "user": {"token": us.token()}}],
        "contexts": [{"name": "us", "context": {
            "cluster": "us", "user": "us", "namespace": us.namespace,
        }}],
    });
    let text = kubeconfig.to_string();
    laboratory.write(&format!("{}.kubeconfig", us.name), &text)
}

/// The binary as the service account.
fn command(scene: &Scene, us: &Installed, words: &[&str]) -> Command {
    let mut command = scene.laboratory.command(&["k8s"]);
    command
        .args(words)
        .args(["--kubeconfig", &kubeconfig(&scene.laboratory, us)])
        .args(["--own-namespace", &us.namespace, "--log-level", "debug"])
        .args(["--config-name", us.name.strip_prefix("iamra-").unwrap()]);
    command
}

/// Nothing was refused, not even what is not said aloud.
fn nothing_was_missing(said: &str) {
    for word in [
        "kubernetes.denied",
        "not allowed",
        "cannot",
        "an event was not",
    ] {
        assert!(!said.contains(word), "{word} in {said}");
    }
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn run_needs_no_more_than_is_printed() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let (labels, selector) = team("enough");
    let arguments = [
        "--namespace-selector",
        &selector,
        "--service-account",
        "default",
        "--leader-elect",
    ];
    let us = installed(&scene, "enough", &arguments);
    let target = scene.namespace(&labels);
    let metrics = free_address();
    let mut run = command(&scene, &us, &[&["run"], &arguments[..]].concat());
    run.args(["--metrics-addr", &metrics]);
    let daemon = Daemon::start(&mut run, scene.laboratory.home());
    scene.until(&target, |_| true);
    until(
        &scene,
        &format!("/api/v1/namespaces/{target}/serviceaccounts/default"),
        |account| account["imagePullSecrets"] == json!([{"name": "ecr-pull"}]),
    );
    let home = format!("/api/v1/namespaces/{}", us.namespace);
    until(&scene, &format!("{home}/secrets/{}-token", us.name), |_| {
        true
    });
    let leases = format!(
        "/apis/coordination.k8s.io/v1/namespaces/{}/leases",
        us.namespace
    );
    until(&scene, &format!("{leases}/{}", us.name), |_| true);
    scene.delete(&path(&target));
    scene.until(&target, |_| true);
    let events = format!("/apis/events.k8s.io/v1/namespaces/{target}/events");
    until(&scene, &events, |events| {
        let mut events = events["items"].as_array().unwrap().iter();
        events.any(|event| event["reason"] == "Repaired")
    });
    every_metric_is_there(&us, &arguments, &metrics);
    the_pod_can_be_asked(&scene, &us, &arguments);
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
    nothing_was_missing(&said);
}

/// As the runbooks do it: with the config file that is printed.
fn the_pod_can_be_asked(scene: &Scene, us: &Installed, arguments: &[&str]) {
    let own = ["--own-namespace", &us.namespace, "--config-name", "enough"];
    let config = config(&printed(&[&own[..], arguments].concat()).stdout);
    let config = scene.laboratory.write("printed.toml", &config);
    for verb in ["status", "preflight"] {
        let mut command = scene
            .laboratory
            .command(&["k8s", verb, "--config", &config]);
        command
            .args(["--kubeconfig", &kubeconfig(&scene.laboratory, us)])
            .env("POD_NAMESPACE", &us.namespace);
        let run = Run::of(&mut command).ok();
        nothing_was_missing(&run.stderr);
        assert!(!run.stdout.contains("# missing"), "{run}");
    }
}

/// The config file that is printed.
fn config(yaml: &str) -> String {
    let objects = documents(yaml).into_iter();
    let mut objects = objects.map(|text| serde_saphyr::from_str::<Value>(&text).unwrap());
    let config = objects.find(|object| object["data"]["iamra.toml"].is_string());
    let config = &config.unwrap()["data"]["iamra.toml"];
    config.as_str().unwrap().to_owned()
}

/// What alerts and dashboard ask for is what is told.
fn every_metric_is_there(us: &Installed, arguments: &[&str], metrics: &str) {
    let own = ["--own-namespace", &us.namespace];
    let yaml = printed(&[&own[..], arguments].concat()).stdout;
    let words = yaml.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let asked: BTreeSet<&str> = words.filter(|word| word.starts_with("iamra_")).collect();
    let told = super::run::probe(metrics, "/metrics");
    assert!(asked.len() > 6, "{asked:?}");
    for name in asked {
        // Nobody stands in the way here.
        let is_there = told.contains(name) || name == "iamra_k8s_secret_conflicts";
        assert!(is_there, "{name} is not in {told}");
    }
}

fn until(scene: &Scene, path: &str, what: impl Fn(&Value) -> bool) {
    let mut last = Value::Null;
    for _ in 0..300 {
        let (status, found) = scene.ask(Method::GET, path, &Value::Null);
        if status == 200 && what(&found) {
            return;
        }
        last = found;
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("{path}: {last}, after {}", scene.laboratory.read("stderr"));
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn one_pass_needs_no_more_than_is_printed() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let (labels, selector) = team("once");
    let target = scene.namespace(&labels);
    let chosen = ["--namespace-selector", &selector];
    once(&scene, ("once", &chosen), |_| target.clone());
    once(&scene, ("here", &[]), |us| us.namespace.clone());
}

/// As the job does it, and once more where all is there.
fn once(scene: &Scene, (config, targets): (&str, &[&str]), target: impl Fn(&Installed) -> String) {
    let form = [&["--form", "cronjob"], targets].concat();
    let us = installed(scene, config, &form);
    let target = target(&us);
    let words = [&["preflight", "--for", "sync"], targets].concat();
    let preflight = Run::of(&mut command(scene, &us, &words)).ok();
    assert!(!preflight.stdout.contains("# missing"), "{preflight}");
    assert!(!preflight.stdout.contains("Policy"), "{preflight}");
    for _ in 0..2 {
        let mut sync = command(scene, &us, &[&["sync"], targets].concat());
        let run = Run::of(&mut sync).ok();
        nothing_was_missing(&run.stderr);
    }
    let made = scene.secret(&target);
    assert_eq!(made["metadata"]["labels"]["iamra.dev/config"], config);
}

/// The demonstration: as the pod would start, with our own binary in the place of
/// the image's.
#[test]
#[ignore = "peer: kube-apiserver"]
fn the_demonstration_needs_no_aws() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let target = scene.namespace(&json!({}));
    let arguments = ["--sandbox", "-n", &target];
    let us = installed(&scene, "demo", &arguments);
    let own = ["--own-namespace", &us.namespace, "--config-name", "demo"];
    let yaml = printed(&[&own[..], &arguments].concat()).stdout;
    let objects = documents(&yaml);
    let objects: Vec<Value> = objects
        .iter()
        .map(|text| serde_saphyr::from_str(text).unwrap())
        .collect();
    let of_kind = |kind: &str| objects.iter().find(|object| object["kind"] == kind);
    let config = config(&yaml).replace("0.0.0.0:9090", &free_address());
    let config = scene.laboratory.write("demo.toml", &config);
    let container = "/spec/template/spec/containers/0";
    let container = of_kind("Deployment").unwrap().pointer(container).unwrap();
    assert_eq!(container["command"], json!(["/iamra"]));
    let binary = env!("CARGO_BIN_EXE_iamra");
    let words = container["args"].as_array().unwrap().iter();
    let words = words.map(|word| match word.as_str().unwrap() {
        "/iamra" => binary.to_owned(),
        word => word.replace("/etc/iamra/config/iamra.toml", &config),
    });
    let mut command = crate::run::iamra(scene.laboratory.home());
    command
        .args(words)
        .args(["--kubeconfig", &kubeconfig(&scene.laboratory, &us)])
        .env("POD_NAMESPACE", &us.namespace);
    let daemon = Daemon::start(&mut command, scene.laboratory.home());
    let made = scene.until(&target, |_| true);
    let registries = &made["metadata"]["annotations"]["iamra.dev/registries"];
    assert!(registries.as_str().unwrap().contains(".dkr.ecr."), "{made}");
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
    nothing_was_missing(&said);
}
