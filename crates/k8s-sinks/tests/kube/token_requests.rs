use std::time::Duration;

use k8s_sinks::kubernetes::{BoundPod, Reviewed};
use serde_json::json;

use crate::somebody::{nobody, pod, service_account};
use crate::testbed::Testbed;

const PODS: (&str, Duration) = ("pods.eks.amazonaws.com", Duration::from_secs(600));

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_token_is_made_that_is_the_accounts_and_the_pods() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = service_account(testbed, "web", json!({})).await;
    let uid = pod(testbed, (&namespace, "web"), "web-1").await;
    let bound = BoundPod::new("web-1", &uid);
    let cluster = testbed.cluster();
    for pod in [None, Some(&bound)] {
        let token = cluster.request_token((&namespace, "web"), PODS, pod).await;
        let reviewed = cluster.review_token(&token.unwrap(), &[PODS.0]).await;
        let Reviewed::Accepted(user) = reviewed.unwrap() else {
            panic!("it is refused");
        };
        assert_eq!(user.name, format!("system:serviceaccount:{namespace}:web"));
        assert_eq!(user.pod.as_ref(), pod);
    }
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn no_token_is_made_for_another_pod_or_by_who_may_not() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = service_account(testbed, "web", json!({})).await;
    let uid = pod(testbed, (&namespace, "web"), "web-1").await;
    let cluster = testbed.cluster();
    let account = (&*namespace, "web");
    for (bound, kind) in [
        (
            BoundPod::new("web-1", "00000000-0000-0000-0000-000000000000"),
            "contended",
        ),
        (BoundPod::new("gone", &uid), "missing"),
    ] {
        let error = cluster.request_token(account, PODS, Some(&bound)).await;
        assert_eq!(error.unwrap_err().kind(), kind, "{bound:?}");
    }
    let error = cluster
        .request_token((&namespace, "nobody"), PODS, None)
        .await;
    assert_eq!(error.unwrap_err().kind(), "missing");
    let error = nobody(testbed)
        .await
        .request_token(account, PODS, None)
        .await;
    let expected =
        format!("not allowed to create serviceaccounts/token web in namespace {namespace}: ");
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with(&expected), "{error}");
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn pods_are_listed_by_their_labels() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = service_account(testbed, "web", json!({})).await;
    pod(testbed, (&namespace, "web"), "other").await;
    let object = json!({
        "metadata": {"name": "agent", "labels": {"app": "agent"}},
        "spec": {
            "serviceAccountName": "web", "automountServiceAccountToken": false, "nodeName": "n1",
            "containers": [{
                "name": "app", "image": "app",
                "ports": [{"name": "metrics", "containerPort": 2705}],
            }],
        },
    });
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    testbed.create(&pods, &object).await;
    let cluster = testbed.cluster();
    let listed = cluster.pods(&namespace, "app=agent").await.unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    let agent = &listed[0];
    assert_eq!(
        (&*agent.name, agent.node.as_deref(), agent.is_ready),
        ("agent", Some("n1"), false)
    );
    assert_eq!(agent.ports["metrics"], 2705);
}
