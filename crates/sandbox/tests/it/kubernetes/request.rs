//! Tokens that the API makes, and pods behind it.

use iamra_sandbox::{Operation, Pod};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{get, running};
use crate::running::{Clock, Running};

const PODS: &str = "pods.eks.amazonaws.com";

async fn requested(running: &Running, account: &str, spec: Value) -> (u16, Value) {
    let path = format!("/api/v1/namespaces/shop/serviceaccounts/{account}/token");
    let url = running.kubernetes_url().unwrap() + &path;
    let document = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": spec,
    });
    let token = running.kubernetes_token();
    let request = running.client.post(url).bearer_auth(token.expose_secret());
    let response = request.body(document.to_string()).send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn a_token_is_made_for_an_account_and_a_pod_of_it() {
    let (running, pod) = running(&Clock::recorded()).await;
    let uid = running.kubernetes().create_pod(&pod);
    let bound = |name: &str, uid: &str| json!({"kind": "Pod", "name": name, "uid": uid});
    let spec = |bound: Value| {
        json!({
            "audiences": [PODS], "expirationSeconds": 600, "boundObjectRef": bound,
        })
    };
    for bound in [Value::Null, bound(&pod.name, &uid)] {
        let (status, answer) = requested(&running, &pod.service_account, spec(bound)).await;
        assert_eq!(status, 201, "{answer}");
        let token = answer["status"]["token"].as_str().unwrap().to_owned();
        assert!(running.secrets().contains(&token));
    }
    let (other, gone) = (bound(&pod.name, "other"), bound("gone", &uid));
    for (account, spec, expected) in [
        ("nobody", spec(Value::Null), 404),
        (&*pod.service_account, spec(other), 409),
        (&*pod.service_account, spec(gone), 404),
        (
            &*pod.service_account,
            json!({"audiences": [PODS], "expirationSeconds": 599}),
            422,
        ),
        (&*pod.service_account, json!({}), 400),
    ] {
        let (status, answer) = requested(&running, account, spec).await;
        assert_eq!(status, expected, "{account}: {answer}");
    }
    let made = running.requests().count(Operation::KubernetesTokenRequest);
    assert_eq!(made, 7);
}

/// Who asks the API is none of the pod's business; all else is passed on.
#[tokio::test]
async fn a_pod_is_asked_by_the_api() {
    let (running, pod) = running(&Clock::recorded()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let pod = Pod {
        ip: Some(address.ip()),
        ..pod
    };
    running.kubernetes().create_pod(&pod);
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let length = stream.read(&mut head).await.unwrap();
        let answer = "HTTP/1.1 418 Teapot\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&head[..length]).to_lowercase()
    });
    let path = format!(
        "/api/v1/namespaces/{}/pods/{}:{}/proxy/a/b",
        pod.namespace,
        pod.name,
        address.port()
    );
    let (status, _) = get(&running, &path).await;
    assert_eq!(status, 418);
    let head = served.await.unwrap();
    assert!(head.starts_with("get /a/b http/1.1"), "{head}");
    assert!(!head.contains("authorization"), "{head}");
    // It is gone now.
    let (status, answer) = get(&running, &path).await;
    assert_eq!(status, 503, "{answer}");
}
