//! Service accounts, and who has their tokens.

use k8s_sinks::kubernetes::Cluster;
use serde_json::{Value, json};

use crate::testbed::Testbed;

/// A new namespace with a service account of this name.
pub(crate) async fn service_account(testbed: &Testbed, name: &str, annotations: Value) -> String {
    let namespace = testbed.namespace(json!({})).await;
    let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    let object = json!({"metadata": {"name": name, "annotations": annotations}});
    testbed.create(&accounts, &object).await;
    namespace
}

/// A pod of a service account, on the node `n1`; its uid.
pub(crate) async fn pod(
    testbed: &Testbed,
    (namespace, account): (&str, &str),
    name: &str,
) -> String {
    let pod = json!({"metadata": {"name": name}, "spec": {
        "serviceAccountName": account, "automountServiceAccountToken": false, "nodeName": "n1",
        "containers": [{"name": "app", "image": "app"}],
    }});
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let made = testbed.create(&pods, &pod).await;
    made["metadata"]["uid"].as_str().unwrap().to_owned()
}

/// A token as the kubelet would ask for it.
pub(crate) async fn token(
    testbed: &Testbed,
    (namespace, account): (&str, &str),
    spec: Value,
) -> String {
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
    let made = testbed.create(&path, &json!({"spec": spec})).await;
    made["status"]["token"].as_str().unwrap().to_owned()
}

/// A service account that no role is bound to.
pub(crate) async fn nobody(testbed: &Testbed) -> Cluster {
    let namespace = service_account(testbed, "nobody", json!({})).await;
    let token = token(testbed, (&namespace, "nobody"), json!({})).await;
    testbed.cluster_of(&token)
}
