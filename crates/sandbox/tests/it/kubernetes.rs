//! The Kubernetes API: who may ask it, what it has, what becomes of tokens.

mod request;
mod review;
mod watch;

use iamra_sandbox::{Endpoint, Operation, Pod};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::running::{Clock, Running};

/// A sandbox with a Kubernetes API and the pod `web-0` of `shop`.
pub(crate) async fn running(clock: &Clock) -> (Running, Pod) {
    let mut settings = clock.settings();
    settings.kubernetes_api = true;
    let running = Running::with(settings).await;
    let kubernetes = running.kubernetes();
    let annotations = [("iamra.dev/role-arn", "arn:aws:iam::123456789012:role/web")];
    kubernetes.create_service_account("shop", "web", &annotations);
    let pod = Pod {
        ip: Some([10, 0, 0, 7].into()),
        ..Pod::named("shop", "web-0", "web")
    };
    kubernetes.create_pod(&pod);
    (running, pod)
}

/// Asks the API with the token that it takes.
pub(crate) async fn get(running: &Running, path: &str) -> (u16, Value) {
    let token = running.kubernetes_token();
    let url = running.kubernetes_url().unwrap() + path;
    let request = running.client.get(url).bearer_auth(token.expose_secret());
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap())
}

fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["metadata"]["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn there_is_none_unless_the_settings_ask_for_it() {
    let running = Running::standard().await;
    assert_eq!(running.kubernetes_url(), None);
}

#[tokio::test]
async fn nobody_asks_without_the_token() {
    let (running, pod) = running(&Clock::recorded()).await;
    let hour = std::time::Duration::from_secs(3600);
    let of_pod = running.kubernetes().pod_token(&pod, "pods", hour).unwrap();
    let url = running.kubernetes_url().unwrap() + "/api/v1/pods";
    for token in [
        None,
        Some("wrong"),
        Some(&running.token()),
        Some(of_pod.expose_secret()),
    ] {
        let request = running.client.get(&url);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 401, "{token:?}");
        assert_eq!(response.headers()["content-type"], "application/json");
        let status: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(status["kind"], "Status");
        assert_eq!(
            (&status["reason"], &status["code"]),
            (&json!("Unauthorized"), &json!(401))
        );
    }
}

#[tokio::test]
async fn objects_are_read_one_by_one() {
    let (running, _) = running(&Clock::recorded()).await;
    let (status, account) = get(&running, "/api/v1/namespaces/shop/serviceaccounts/web").await;
    assert_eq!(status, 200, "{account}");
    assert_eq!(account["kind"], "ServiceAccount");
    let metadata = &account["metadata"];
    assert_eq!(metadata["creationTimestamp"], "2026-11-21T05:05:29Z");
    assert_eq!(
        metadata["annotations"]["iamra.dev/role-arn"],
        "arn:aws:iam::123456789012:role/web"
    );
    let (status, pod) = get(&running, "/api/v1/namespaces/shop/pods/web-0").await;
    assert_eq!(status, 200, "{pod}");
    assert_eq!(pod["spec"]["nodeName"], "node-1");
    assert_eq!(pod["spec"]["serviceAccountName"], "web");
    assert_eq!(pod["status"]["podIP"], "10.0.0.7");

    for (path, code, message) in [
        (
            "/api/v1/namespaces/bank/pods/web-0",
            404,
            "pods \"web-0\" not found",
        ),
        (
            "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/x",
            404,
            "endpointslices.discovery.k8s.io \"x\" not found",
        ),
        (
            "/api/v1/namespaces/shop/secrets",
            404,
            "the server could not find the requested resource",
        ),
        (
            "/apis/authentication.k8s.io/v1/tokenreviews",
            405,
            "the server does not allow this method on the requested resource",
        ),
        (
            "/api/v1/pods?fieldSelector=spec.hostname%3Da",
            400,
            "field label not supported: spec.hostname",
        ),
    ] {
        let (status, document) = get(&running, path).await;
        assert_eq!(status, code, "{path}: {document}");
        assert_eq!(document["message"], message, "{path}");
    }
}

#[tokio::test]
async fn annotations_change_and_the_account_stays() {
    let (running, _) = running(&Clock::recorded()).await;
    let path = "/api/v1/namespaces/shop/serviceaccounts/web";
    let (_, before) = get(&running, path).await;
    let kubernetes = running.kubernetes();
    kubernetes.create_service_account("shop", "web", &[]);
    let (_, after) = get(&running, path).await;
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
    assert_eq!(after["metadata"]["annotations"], Value::Null);
    let version = |it: &Value| {
        it["metadata"]["resourceVersion"]
            .as_str()
            .unwrap()
            .parse::<u64>()
    };
    assert!(version(&after).unwrap() > version(&before).unwrap());
    assert!(kubernetes.delete_service_account("shop", "web"));
    assert!(!kubernetes.delete_service_account("shop", "web"));
    assert_eq!(get(&running, path).await.0, 404);
}

#[tokio::test]
async fn lists_are_by_namespace_selector_and_page() {
    let (running, pod) = running(&Clock::recorded()).await;
    let kubernetes = running.kubernetes();
    for (namespace, name, node) in [
        ("shop", "web-1", "node-2"),
        ("bank", "ledger-0", "node-1"),
        ("shop-b", "web-0", "node-2"),
    ] {
        kubernetes.create_pod(&Pod {
            namespace: namespace.into(),
            name: name.into(),
            node: node.into(),
            ..pod.clone()
        });
    }
    for (path, expected) in [
        ("/api/v1/pods", &["ledger-0", "web-0", "web-1", "web-0"][..]),
        ("/api/v1/namespaces/shop/pods", &["web-0", "web-1"]),
        (
            "/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-2",
            &["web-1", "web-0"],
        ),
        ("/api/v1/namespaces/bank/serviceaccounts", &["web"]),
        ("/api/v1/namespaces/none/pods", &[]),
    ] {
        let (status, list) = get(&running, path).await;
        assert_eq!(status, 200, "{list}");
        assert_eq!(names(&list), expected, "{path}");
        assert_eq!(list["metadata"]["continue"], Value::Null, "{path}");
    }
    let (_, first) = get(&running, "/api/v1/pods?limit=3").await;
    assert_eq!(first["kind"], "PodList");
    assert_eq!(names(&first), ["ledger-0", "web-0", "web-1"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 1);
    let next = first["metadata"]["continue"].as_str().unwrap();
    let (_, second) = get(&running, &format!("/api/v1/pods?limit=3&continue={next}")).await;
    assert_eq!(names(&second), ["web-0"]);
    assert_eq!(second["items"][0]["metadata"]["namespace"], "shop-b");
    assert_eq!(second["metadata"]["continue"], Value::Null);
    assert_eq!(running.requests().count(Operation::KubernetesRead), 7);
}

#[tokio::test]
async fn endpoints_are_slices_by_family_and_port() {
    let (running, _) = running(&Clock::recorded()).await;
    let endpoint = |address: &str, port, ready| Endpoint {
        address: address.parse().unwrap(),
        port,
        ready,
        pod: "web-0".into(),
    };
    let endpoints = [
        endpoint("127.0.0.1", 8443, true),
        endpoint("127.0.0.2", 8443, false),
        endpoint("::1", 8443, true),
        endpoint("127.0.0.1", 9443, true),
    ];
    running
        .kubernetes()
        .set_endpoints("iamra", "broker", &endpoints);
    running
        .kubernetes()
        .set_endpoints("iamra", "other", &endpoints[..1]);
    let path = "/apis/discovery.k8s.io/v1/namespaces/iamra/endpointslices";
    let (status, list) = get(
        &running,
        &format!("{path}?labelSelector=kubernetes.io%2Fservice-name%3Dbroker"),
    )
    .await;
    assert_eq!(status, 200, "{list}");
    let items = list["items"].as_array().unwrap();
    let seen: Vec<_> = items
        .iter()
        .map(|it| {
            let ready = it["endpoints"].as_array().unwrap().iter();
            let ready = ready.map(|it| it["conditions"]["ready"] == true);
            (
                it["addressType"].as_str().unwrap(),
                it["ports"][0]["port"].as_u64().unwrap(),
                ready.collect::<Vec<_>>(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("IPv4", 8443, vec![true, false]),
            ("IPv4", 9443, vec![true]),
            ("IPv6", 8443, vec![true]),
        ]
    );
    assert_eq!(items[0]["endpoints"][0]["targetRef"]["name"], "web-0");
    running.kubernetes().set_endpoints("iamra", "broker", &[]);
    let (_, list) = get(&running, path).await;
    assert_eq!(names(&list), ["other-v4-8443"]);
}
