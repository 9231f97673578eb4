//! The controller as a process.

use http::Method;
use iamra_sandbox::Operation;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::scene::{Scene, path, team};
use crate::daemon::{Daemon, free_address};
use crate::laboratory::runtime;

fn id(secret: &Value) -> &str {
    secret["metadata"]["annotations"]["iamra.dev/content-id"]
        .as_str()
        .unwrap()
}

/// What a probe of the daemon gets.
pub(super) fn probe(address: &str, path: &str) -> String {
    let url = format!("http://{address}{path}");
    let asked = async {
        let client = destination::HttpClient::new(destination::Destination::default()).unwrap();
        let request = http::Request::get(url).body(bytes::Bytes::new()).unwrap();
        let answer = client.send(request).await.unwrap();
        String::from_utf8(answer.body.to_vec()).unwrap()
    };
    runtime().block_on(asked)
}

/// The metrics, when they have this line.
fn told(address: &str, line: &str) {
    for _ in 0..100 {
        if probe(address, "/metrics").contains(line) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{line} is not in {}", probe(address, "/metrics"));
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn secrets_are_kept_from_one_token() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let (labels, selector) = team("run");
    let own = scene.namespace(&json!({}));
    let first = scene.namespace(&labels);
    let metrics = free_address();
    let arguments = [
        "run",
        "--accept-broad-rbac",
        "--namespace-selector",
        &selector,
        "--own-namespace",
        &own,
        "--service-account",
        "default",
        "--config-name",
        "kept",
        "--metrics-addr",
        &metrics,
    ];
    let daemon = scene.start(&arguments);
    let made = scene.until(&first, |_| true);
    // A namespace that comes later, and its default service account, which comes
    // later still.
    let second = scene.namespace(&labels);
    scene.until(&second, |_| true);
    let account = format!("/api/v1/namespaces/{second}/serviceaccounts/default");
    attached(&scene, &account);
    // Deleted, and edited: mended without another token.
    scene.delete(&path(&first));
    let again = scene.until(&first, |_| true);
    assert_eq!(id(&again), id(&made));
    let edit = json!({"data": {".dockerconfigjson": "e30="}});
    let edit = scene.ask(Method::PATCH, &path(&first), &edit);
    assert_eq!(edit.0, 200);
    let data = made["data"].clone();
    scene.until(&first, |secret| secret["data"] == data);
    let requests = || scene.laboratory.sandbox.requests();
    assert_eq!(requests().count(Operation::EcrToken), 1);
    for line in [
        "iamra_leader 1",
        "iamra_k8s_targets{group=\"kept\",state=\"in-step\"} 2",
        "iamra_k8s_secret_repairs_total{group=\"kept\"} 2",
        "iamra_k8s_service_accounts_attached_total{group=\"kept\",result=\"attached\"} 2",
        "iamra_ecr_token_requests_total{group=\"kept\",result=\"obtained\"} 1",
    ] {
        told(&metrics, line);
    }
    assert_eq!(probe(&metrics, "/readyz").trim(), "ok");
    // Another token on demand.
    daemon.signal(Signal::HUP);
    let next = scene.until(&second, |secret| id(secret) != id(&made));
    scene.until(&first, |secret| id(secret) == id(&next));
    assert_eq!(requests().count(Operation::EcrToken), 2);
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
    // A restart asks nobody.
    let daemon = scene.start(&arguments);
    scene.delete(&path(&first));
    let kept = scene.until(&first, |_| true);
    assert_eq!(id(&kept), id(&next));
    assert_eq!(requests().count(Operation::EcrToken), 2);
    end_without_a_secret(&scene, daemon);
}

pub(super) fn end_without_a_secret(scene: &Scene, daemon: Daemon) {
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
    for secret in scene.laboratory.sandbox.secrets() {
        assert!(!said.contains(&secret), "a secret is in {said}");
    }
}

fn attached(scene: &Scene, account: &str) {
    for _ in 0..300 {
        let (status, found) = scene.ask(Method::GET, account, &Value::Null);
        if status == 200 && found["imagePullSecrets"] == json!([{"name": "ecr-pull"}]) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("{account} is not attached");
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn of_two_replicas_one_writes_and_the_other_follows() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let own = scene.namespace(&json!({}));
    let arguments = [
        "run",
        "--leader-elect",
        "--own-namespace",
        &own,
        "--config-name",
        "two",
    ];
    let first = scene.start(&arguments);
    let made = scene.until(&own, |_| true);
    let metrics = free_address();
    let mut second = scene.command(&arguments);
    second.args(["--metrics-addr", &metrics]);
    let home = scene.laboratory.path("second");
    std::fs::create_dir(&home).unwrap();
    let mut second = Daemon::start(&mut second, &home);
    second.until_said("all targets are known", 1);
    assert!(probe(&metrics, "/metrics").contains("iamra_leader 0"));
    // It lets the other one lead at once.
    let (code, said) = first.end();
    assert_eq!(code, Some(0), "{said}");
    scene.delete(&path(&own));
    let again = scene.until(&own, |_| true);
    assert_eq!(id(&again), id(&made));
    told(&metrics, "iamra_leader 1");
    let requests = scene.laboratory.sandbox.requests();
    assert_eq!(requests.count(Operation::EcrToken), 1);
    end_without_a_secret(&scene, second);
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn while_aws_is_away_what_is_there_stays() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let own = scene.namespace(&json!({}));
    let arguments = [
        "run",
        "--own-namespace",
        &own,
        "--config-name",
        "away",
        "--forget-tokens",
    ];
    let daemon = scene.start(&arguments);
    let made = scene.until(&own, |_| true);
    daemon.end();
    let mut daemon = scene.command(&arguments);
    daemon.env("IAMRA_ECR_ENDPOINT", "http://127.0.0.1:9");
    let mut daemon = Daemon::start(&mut daemon, scene.laboratory.home());
    daemon.until_said("aws.", 1);
    assert_eq!(scene.secret(&own), made);
    end_without_a_secret(&scene, daemon);
}
