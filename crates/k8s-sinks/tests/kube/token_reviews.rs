use std::time::Duration;

use http::Method;
use k8s_sinks::kubernetes::{Cluster, Reviewed};
use serde_json::json;

use crate::somebody::{nobody, pod, service_account, token};
use crate::testbed::Testbed;

const PODS: &str = "pods.eks.amazonaws.com";

async fn reviewed(cluster: &Cluster, token: &str, audiences: &[&str]) -> Reviewed {
    let token = token.to_owned().into();
    cluster.review_token(&token, audiences).await.unwrap()
}

/// Why it is refused, and that nothing of it is shown.
fn reason(reviewed: &Reviewed, token: &str) -> String {
    let Reviewed::Refused { reason } = reviewed else {
        panic!("{reviewed:?}");
    };
    let signature = token.rsplit('.').next().unwrap();
    assert!(
        signature.is_empty() || !reason.contains(signature),
        "{reason}"
    );
    reason.clone()
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_token_says_whose_it_is_until_its_pod_is_gone() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = service_account(testbed, "web", json!({})).await;
    let uid = pod(testbed, (&namespace, "web"), "web-1").await;
    let bound = json!({"apiVersion": "v1", "kind": "Pod", "name": "web-1", "uid": uid});
    let spec = json!({"audiences": [PODS], "expirationSeconds": 3600, "boundObjectRef": bound});
    let token = token(testbed, (&namespace, "web"), spec).await;
    let cluster = testbed.cluster();

    let Reviewed::Accepted(user) = reviewed(&cluster, &token, &["other", PODS]).await else {
        panic!("it is refused");
    };
    assert_eq!(user.name, format!("system:serviceaccount:{namespace}:web"));
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/web");
    let account = testbed.object(&path).await;
    assert_eq!(account["metadata"]["uid"], user.uid);
    let bound = user.pod.unwrap();
    assert_eq!((&*bound.name, bound.uid), ("web-1", uid));
    assert_eq!(user.node.as_deref(), Some("n1"));

    let path = format!("/api/v1/namespaces/{namespace}/pods/web-1");
    let at_once = json!({"gracePeriodSeconds": 0});
    let (status, said) = testbed.ask(Method::DELETE, &path, &at_once).await;
    assert_eq!(status, 200, "{said}");
    // The API server remembers for ten seconds what it has found.
    for _ in 0..150 {
        let now = reviewed(&cluster, &token, &[PODS]).await;
        if matches!(now, Reviewed::Refused { .. }) {
            let reason = reason(&now, &token);
            assert!(reason.contains("invalid"), "{reason}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it holds without its pod");
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn what_is_for_others_or_no_token_is_refused() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = service_account(testbed, "web", json!({})).await;
    let account = (&*namespace, "web");
    let cluster = testbed.cluster();

    // Bound to no pod.
    let ours = token(testbed, account, json!({"audiences": [PODS]})).await;
    let Reviewed::Accepted(user) = reviewed(&cluster, &ours, &[PODS]).await else {
        panic!("it is refused");
    };
    assert_eq!((user.pod, user.node), (None, None));

    let other = reviewed(&cluster, &ours, &["other"]).await;
    let said = reason(&other, &ours);
    assert!(said.contains("audience"), "{said}");
    let api = token(testbed, account, json!({})).await;
    let said = reason(&reviewed(&cluster, &api, &[PODS]).await, &api);
    assert!(said.contains("audience"), "{said}");

    let (start, signature) = ours.rsplit_once('.').unwrap();
    let forged = format!("{start}.{}", signature.chars().rev().collect::<String>());
    let long = "x".repeat(20_000);
    for (token, why) in [
        (&*forged, "invalid"),
        (start, "invalid"),
        ("garbage", "invalid"),
        ("gar\"bage\u{7}\n {}", "invalid"),
        ("", "empty"),
        (" \n", "empty"),
        (&long, "longer"),
    ] {
        let said = reason(&reviewed(&cluster, token, &[PODS]).await, "");
        assert!(said.contains(why), "{token}: {said}");
        assert!(token.len() < 20 || !said.contains(token), "{said}");
    }
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn who_may_not_review_is_told_which_right_is_missing() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let cluster = nobody(testbed).await;
    let refused = cluster.review_token(&"garbage".into(), &[PODS]).await;
    let error = refused.unwrap_err().to_string();
    let expected = "not allowed to create tokenreviews.authentication.k8s.io in the whole cluster:";
    assert!(error.starts_with(expected), "{error}");
    let error = cluster.review_token(&"garbage".into(), &[]).await;
    assert_eq!(error.unwrap_err().kind(), "invalid");
}
