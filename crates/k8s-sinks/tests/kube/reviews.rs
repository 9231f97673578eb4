use http::Method;
use k8s_sinks::kubernetes::{OnForeign, Pod, PolicyState};
use serde_json::{Value, json};

use crate::secrets::{content, sink};
use crate::testbed::Testbed;

fn review(verb: &str, namespace: &str) -> Value {
    json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {
            "resource": "secrets", "verb": verb, "namespace": namespace,
        }},
    })
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn everybody_may_ask_what_they_may() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    testbed
        .create(&accounts, &json!({"metadata": {"name": "us"}}))
        .await;
    let made = testbed
        .create(&format!("{accounts}/us/token"), &json!({}))
        .await;
    let us = testbed.cluster_of(made["status"]["token"].as_str().unwrap());

    let user = us.user_name().await.unwrap();
    assert_eq!(user, format!("system:serviceaccount:{namespace}:us"));
    let asked = review("delete", &namespace);
    assert!(!us.is_allowed(&asked).await.unwrap());
    assert!(testbed.cluster().is_allowed(&asked).await.unwrap());
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_policy_counts_with_its_binding() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let name = format!("{namespace}.example.test");
    let cluster = testbed.cluster();
    let state = async || cluster.policy_state(&name, &namespace).await.unwrap();
    assert_eq!(state().await, PolicyState::Missing);

    let api = "/apis/admissionregistration.k8s.io/v1";
    let here = json!({"matchLabels": {"kubernetes.io/metadata.name": namespace}});
    let policy = json!({"metadata": {"name": name}, "spec": {
        "matchConstraints": {"namespaceSelector": here, "resourceRules": [{
            "apiGroups": [""], "apiVersions": ["v1"],
            "operations": ["CREATE"], "resources": ["secrets"],
        }]},
        "matchConditions": [{"name": "others", "expression": "request.userInfo.username == 'other'"}],
        "validations": [{"expression": "false"}],
    }});
    let policies = format!("{api}/validatingadmissionpolicies");
    testbed.create(&policies, &policy).await;
    assert_eq!(state().await, PolicyState::Unbound);

    let bindings = format!("{api}/validatingadmissionpolicybindings");
    let binding = json!({"metadata": {"name": name}, "spec": {
        "policyName": name, "validationActions": ["Audit"],
    }});
    testbed.create(&bindings, &binding).await;
    assert_eq!(state().await, PolicyState::Toothless);

    let denying = json!({"spec": {"validationActions": ["Deny"]}});
    let path = format!("{bindings}/{name}");
    testbed.ask(Method::PATCH, &path, &denying).await;
    // It binds somebody else.
    assert_eq!(state().await, PolicyState::Toothless);

    let for_all = json!({"spec": {"matchConditions": []}});
    let path = format!("{policies}/{name}");
    testbed.ask(Method::PATCH, &path, &for_all).await;
    assert_eq!(state().await, PolicyState::InForce);
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_pod_tells_who_shares_what() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    let (status, _) = testbed
        .ask(Method::GET, &format!("{accounts}/default"), &Value::Null)
        .await;
    if status == 404 {
        testbed
            .create(&accounts, &json!({"metadata": {"name": "default"}}))
            .await;
    }
    let mount = json!([{"name": "vault", "mountPath": "/var/run/vault"}]);
    let pod = json!({"metadata": {"name": "pod"}, "spec": {
        "volumes": [{"name": "vault", "emptyDir": {}}],
        "containers": [
            {"name": "iamra", "image": "iamra", "volumeMounts": mount},
            {"name": "app", "image": "app", "volumeMounts": mount},
            {"name": "other", "image": "other"},
        ],
    }});
    testbed
        .create(&format!("/api/v1/namespaces/{namespace}/pods"), &pod)
        .await;
    let pod = Pod::get(&testbed.cluster(), &namespace, "pod")
        .await
        .unwrap();
    let readers = pod.readers(std::path::Path::new("/var/run/vault/token"));
    assert_eq!(readers, ["iamra", "app"]);
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_whole_secret_is_read() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let sink = sink(testbed, OnForeign::default());
    assert!(sink.read(&namespace).await.unwrap().is_none());
    let content = content("1", "ecr:1");
    sink.deliver(&namespace, None, &content).await.unwrap();
    let found = sink.read(&namespace).await.unwrap().unwrap();
    assert_eq!(found.secret_type, "Opaque");
    assert!(found.seen.has(&content) && !found.is_immutable);
    assert_eq!(found.data["login"].as_slice(), b"ecr:1");
}
