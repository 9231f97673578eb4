//! `iamra k8s webhook`, called by a real API server.

use http::Method;
use serde_json::{Value, json};

use super::run::probe;
use super::scene::Scene;
use crate::daemon::{Daemon, free_address};

/// A webhook of a process of its own.
struct Replica {
    address: String,
    metrics: String,
    daemon: Daemon,
}

impl Replica {
    /// Ready, so that the API server knows it.
    fn start(scene: &Scene, (configuration, address): (&str, &str), folder: &str) -> Self {
        let metrics = free_address();
        let words = [
            &["webhook", "--listen", address, "--metrics-addr", &metrics][..],
            &["--webhook-configuration", configuration],
            &["--region", "eu-west-1"],
        ];
        let home = scene.laboratory.path(folder);
        std::fs::create_dir(&home).unwrap();
        let mut command = scene.command(&words.concat());
        let mut daemon = Daemon::start(&mut command, &home);
        daemon.until_said("metrics and probes are served", 1);
        daemon.until_said("a certificate of our own is shown", 1);
        assert_eq!(probe(&metrics, "/readyz"), "ok\n");
        Self {
            address: address.to_owned(),
            metrics,
            daemon,
        }
    }
}

fn configuration(name: &str, namespace: &str, address: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "webhooks": [{
            "name": "pods.iamra.dev",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "failurePolicy": "Ignore",
            "timeoutSeconds": 5,
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "clientConfig": {"url": format!("https://{address}/mutate")},
            "rules": [{
                "apiGroups": [""], "apiVersions": ["v1"],
                "operations": ["CREATE"], "resources": ["pods"],
            }],
        }],
    })
}

fn pod(name: &str, account: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {
            "serviceAccountName": account,
            "automountServiceAccountToken": false,
            "containers": [{"name": "web", "image": "web"}],
        },
    })
}

/// The certificates by which it is known.
fn known(scene: &Scene, path: &str) -> usize {
    use base64::Engine as _;
    let (_, seen) = scene.ask(Method::GET, path, &Value::Null);
    let bundle = seen["webhooks"][0]["clientConfig"]["caBundle"].as_str();
    let bundle = base64::prelude::BASE64_STANDARD.decode(bundle.unwrap());
    let text = String::from_utf8(bundle.unwrap()).unwrap();
    text.matches("BEGIN CERTIFICATE").count()
}

fn is_injected(pod: &Value) -> bool {
    let container = &pod["spec"]["containers"][0];
    let has = |list: &Value, name: &str| {
        let list = list.as_array();
        list.is_some_and(|list| list.iter().any(|it| it["name"] == name))
    };
    let found = [
        has(&container["env"], "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        has(&container["env"], "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
        has(&container["env"], "AWS_REGION"),
        has(&container["volumeMounts"], "eks-pod-identity-token"),
        has(&pod["spec"]["volumes"], "eks-pod-identity-token"),
    ];
    assert!(found.iter().all(|it| *it == found[0]), "{pod}");
    found[0]
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn an_api_server_has_pods_injected() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let namespace = scene.namespace(&json!({}));
    let all = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    let path = format!("{all}/{namespace}");
    let address = free_address();
    scene.create(all, &configuration(&namespace, &namespace, &address));
    let first = Replica::start(&scene, (&namespace, &address), "first");
    assert_eq!(known(&scene, &path), 1);

    let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    let role = json!({"iamra.dev/role-arn": "arn:aws:iam::111122223333:role/web"});
    scene.create(
        &accounts,
        &json!({"metadata": {"name": "web", "annotations": role}}),
    );
    scene.create(&accounts, &json!({"metadata": {"name": "plain"}}));
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let dry = format!("{pods}?dryRun=All");
    assert!(is_injected(&scene.create(&dry, &pod("dry", "web"))));
    assert!(is_injected(&scene.create(&pods, &pod("web", "web"))));
    assert!(!is_injected(&scene.create(&pods, &pod("plain", "plain"))));
    let told = probe(&first.metrics, "/metrics");
    assert!(told.contains("outcome=\"injected\"} 2\n"), "{told}");

    // Another replica beside it takes nothing away, and is called as well.
    let other = free_address();
    let mut second = Replica::start(&scene, (&namespace, &other), "second");
    assert_eq!(known(&scene, &path), 2);
    assert!(is_injected(&scene.create(&pods, &pod("again", "web"))));
    let change = json!([{
        "op": "replace", "path": "/webhooks/0/clientConfig/url",
        "value": format!("https://{}/mutate", second.address),
    }]);
    let body = serde_json::to_vec(&change).unwrap();
    let form = "application/json-patch+json";
    let sent = scene.testbed.send(Method::PATCH, &path, (form, body));
    let (status, said) = crate::laboratory::runtime().block_on(sent);
    assert_eq!(status, 200, "{said}");
    second.daemon.until("called", || {
        let name = format!("by-second-{}", fastrand::u32(..));
        is_injected(&scene.create(&pods, &pod(&name, "web")))
            && probe(&second.metrics, "/metrics").contains("outcome=\"injected\"} 1\n")
    });

    // When all are gone, pods start all the same.
    drop((first, second));
    assert!(!is_injected(&scene.create(&pods, &pod("late", "web"))));
    let (status, _) = scene.ask(Method::DELETE, &path, &Value::Null);
    assert_eq!(status, 200);
}
