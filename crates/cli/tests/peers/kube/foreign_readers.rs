//! What others read in what we print: kubectl, kustomize and Helm.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::installed::documents;
use super::testbed::Testbed;
use crate::peer::Peer;
use crate::run::{Run, bare};

const ALL: [&str; 9] = [
    "k8s",
    "manifests",
    "--region",
    "eu-central-1",
    "--leader-elect",
    "--secret-label",
    "a=no",
    "--service-account",
    "default",
];

fn objects(yaml: &str) -> Vec<Value> {
    let yaml = format!("\n{yaml}");
    let documents = yaml.split("\n---\n");
    let documents = documents.filter(|text| {
        let mut lines = text.lines();
        lines.any(|line| !line.trim().is_empty() && !line.starts_with('#'))
    });
    let mut objects: Vec<Value> = documents
        .map(|text| serde_saphyr::from_str(text).unwrap())
        .collect();
    objects.sort_by_key(|object| format!("{} {}", object["kind"], object["metadata"]));
    objects
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn kubectl_applies_what_is_printed() {
    let (Some(testbed), Some(kubectl)) = (Testbed::get(), Peer::program("kubectl")) else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let own = ["--own-namespace", &namespace, "--config-name", "kubectl"];
    let printed = bare(&[&ALL[..], &own].concat()).ok().stdout;
    let mut child = Command::new(kubectl.path())
        .args([
            "apply",
            "--server-side",
            "--validate=strict",
            "--filename=-",
        ])
        .arg("--kubeconfig")
        .arg(testbed.kubeconfig())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = format!("---\n{}", documents(&printed).join("---\n"));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    Run::from(child.wait_with_output().unwrap()).ok();
    let path = format!("/api/v1/namespaces/{namespace}/configmaps/iamra-kubectl");
    let config = testbed.object(&path).await;
    let config = config["data"]["iamra.toml"].as_str().unwrap().to_owned();
    assert!(config.contains("secret-label = [\"a=no\"]"), "{config}");
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn kustomize_finds_the_same_objects() {
    let Some(kubectl) = Peer::program("kubectl") else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("out").display().to_string();
    let printed = bare(&ALL).ok().stdout;
    bare(&[&ALL[..], &["-o", "kustomize", "--out-dir", &folder]].concat()).ok();
    let mut command = Command::new(kubectl.path());
    let built = Run::of(command.args(["kustomize", &folder])).ok().stdout;
    assert_eq!(objects(&built), objects(&printed));
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn helm_renders_the_same_objects() {
    let Some(helm) = Peer::program("helm") else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("out").display().to_string();
    let printed = bare(&ALL).ok().stdout;
    bare(&[&ALL[..], &["-o", "helm", "--out-dir", &folder]].concat()).ok();
    let render = |more: &[&str]| {
        let mut command = Command::new(helm.path());
        let rendered = Run::of(command.args(["template", "iamra", &folder]).args(more)).ok();
        objects(&rendered.stdout)
    };
    let mut rendered = render(&[]);
    // What is empty is nothing.
    for object in &mut rendered {
        if let Some(Value::Object(spec)) = object.pointer_mut("/spec/template/spec") {
            spec.retain(|_, value| *value != json!({}) && *value != json!([]));
        }
        // A value of the chart has a part of it of its own.
        let settings = "/spec/template/metadata/annotations/iamra.dev~1settings";
        if let Some(Value::String(fingerprint)) = object.pointer_mut(settings) {
            let (ours, _) = fingerprint.split_once('-').unwrap();
            *fingerprint = ours.to_owned();
        }
    }
    assert_eq!(rendered, objects(&printed));
    let other = render(&[
        "--set",
        "image=other:1",
        "--set",
        "replicas=3",
        "--set",
        "podAnnotations.a=b",
        "--set",
        "nodeSelector.x=y",
        "--set",
        "monitoring.enabled=false",
    ]);
    let is_deployment = |object: &&Value| object["kind"] == "Deployment";
    let deployment = other.iter().find(is_deployment).unwrap();
    let pod = &deployment["spec"]["template"];
    assert_eq!(deployment["spec"]["replicas"], 3);
    assert_eq!(pod["spec"]["containers"][0]["image"], "other:1");
    assert_eq!(pod["spec"]["nodeSelector"], json!({"x": "y"}));
    assert_eq!(pod["metadata"]["annotations"]["a"], "b");
    assert!(
        other
            .iter()
            .all(|object| object["kind"] != "PrometheusRule")
    );
}
