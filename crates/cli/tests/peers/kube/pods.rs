//! Pod identity as `k8s manifests --pods` prints it, in a real API server.

use http::Method;
use serde_json::{Value, json};

use super::installed::{Installed, apply, documents, printed};
use super::testbed::Testbed;
use crate::laboratory::runtime;

const PODS: [&str; 11] = [
    "--pods",
    "--brokers",
    "--webhook",
    "--cluster-name",
    "c1",
    "--trust-anchor-arn",
    "arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/a",
    "--profile-arn",
    "arn:aws:rolesanywhere:eu-central-1:123456789012:profile/a",
    "--vault-addr",
    "https://vault.vault.svc:8200",
];

/// Prints and applies all; returns the objects, which are of one namespace.
pub(super) async fn applied(testbed: &Testbed, more: &[&str]) -> (String, Vec<Value>) {
    let namespace = testbed.namespace(json!({})).await;
    let own = ["--own-namespace", &namespace];
    let run = printed(&[&PODS[..], &own, more].concat());
    let documents = documents(&run.stdout);
    let read = |document: &String| serde_saphyr::from_str(document).unwrap();
    let objects = documents.iter().map(read).collect();
    for document in documents {
        apply(testbed, document).await;
    }
    (namespace, objects)
}

/// Whether the account may, as the API server says itself.
pub(super) async fn may(account: &Installed, attributes: Value) -> bool {
    let kind = match attributes.get("path") {
        Some(_) => "nonResourceAttributes",
        None => "resourceAttributes",
    };
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {kind: attributes},
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let answer = account.post(path, &review).await.ok();
    answer["status"]["allowed"] == true
}

/// A resource of a group, at large or in a namespace.
fn attributes(verb: &str, (group, resource): (&str, &str), namespace: &str) -> Value {
    json!({"verb": verb, "group": group, "resource": resource, "namespace": namespace})
}

const REVIEWS: (&str, &str) = ("authentication.k8s.io", "tokenreviews");
const ACCOUNTS: (&str, &str) = ("", "serviceaccounts");
const SLICES: (&str, &str) = ("discovery.k8s.io", "endpointslices");
const SECRETS: (&str, &str) = ("", "secrets");

/// Agents and brokers have what their work takes, and nothing that gives them more.
#[test]
#[ignore = "peer: kube-apiserver"]
fn the_accounts_of_pod_identity_may_do_their_work_and_no_more() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    runtime().block_on(async {
        let (own, _) = applied(testbed, &[]).await;
        for name in ["iamra-agent", "iamra-broker"] {
            let us = Installed::of_account(testbed, own.clone(), name.to_owned()).await;
            for (verb, resource, namespace, expected) in [
                ("create", REVIEWS, "", true),
                ("get", ACCOUNTS, "default", true),
                ("list", ACCOUNTS, "", false),
                ("patch", ACCOUNTS, "default", false),
                ("create", ("", "serviceaccounts/token"), "default", false),
                ("list", SLICES, &own, true),
                ("watch", SLICES, &own, true),
                ("list", SLICES, "default", false),
                ("get", SECRETS, &own, false),
                ("list", SECRETS, "", false),
                ("create", SECRETS, &own, false),
                ("get", ("", "pods"), "default", false),
                ("get", ("", "configmaps"), &own, false),
            ] {
                let asked = attributes(verb, resource, namespace);
                let is_allowed = may(&us, asked).await;
                assert_eq!(
                    is_allowed, expected,
                    "{name} {verb} {resource:?} {namespace}"
                );
            }
            works(&us).await;
        }
        the_webhook_sets_its_own_certificates(testbed, &own).await;
    });
}

/// The requests themselves, with the token of the account.
async fn works(us: &Installed) {
    let review = json!({"spec": {"token": us.token(), "audiences": []}});
    let reviews = "/apis/authentication.k8s.io/v1/tokenreviews";
    let reviewed = us.post(reviews, &review).await.ok();
    assert_eq!(reviewed["status"]["authenticated"], true, "{reviewed}");
    let accounts = "/api/v1/namespaces/default/serviceaccounts";
    us.get(&format!("{accounts}/default")).await.ok();
    us.get(accounts).await.denied();
    let own = &us.namespace;
    let slices = format!("/apis/discovery.k8s.io/v1/namespaces/{own}/endpointslices");
    us.get(&slices).await.ok();
    let secrets = format!("/api/v1/namespaces/{own}/secrets");
    us.get(&format!("{secrets}/any")).await.denied();
    us.get("/api/v1/secrets").await.denied();
}

async fn the_webhook_sets_its_own_certificates(testbed: &'static Testbed, own: &str) {
    let name = "iamra-webhook".to_owned();
    let us = Installed::of_account(testbed, own.to_owned(), name).await;
    let configurations = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    let ours = format!("{configurations}/iamra-webhook");
    us.get(&ours).await.ok();
    let ca_bundle = json!([{
        "op": "add",
        "path": "/webhooks/0/clientConfig/caBundle",
        "value": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==",
    }]);
    us.json_patch(&format!("{ours}?dryRun=All"), &ca_bundle)
        .await
        .ok();
    for (verb, expected) in [
        ("patch", true),
        ("get", true),
        ("update", false),
        ("delete", false),
    ] {
        let group = (
            "admissionregistration.k8s.io",
            "mutatingwebhookconfigurations",
        );
        for (name, is_ours) in [("iamra-webhook", true), ("another", false)] {
            let mut asked = attributes(verb, group, "");
            asked["name"] = json!(name);
            assert_eq!(may(&us, asked).await, expected && is_ours, "{verb} {name}");
        }
    }
    us.get(configurations).await.denied();
    us.get("/api/v1/namespaces/default/serviceaccounts/default")
        .await
        .ok();
    for (verb, resource) in [("get", SECRETS), ("create", REVIEWS), ("list", SLICES)] {
        assert!(!may(&us, attributes(verb, resource, own)).await, "{verb}");
    }
    forget_webhook(testbed).await;
}

/// By the keys: no reviews any more.
#[test]
#[ignore = "peer: kube-apiserver"]
fn who_goes_by_the_keys_of_the_cluster_reads_those() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    runtime().block_on(async {
        let (own, _) = applied(testbed, &["--verify", "jwks"]).await;
        let us = Installed::of_account(testbed, own, "iamra-agent".to_owned()).await;
        assert!(may(&us, json!({"verb": "get", "path": "/openid/v1/jwks"})).await);
        assert!(!may(&us, attributes("create", REVIEWS, "")).await);
        let keys = us.get("/openid/v1/jwks").await.ok();
        assert!(keys["keys"].is_array(), "{keys}");
        forget_webhook(testbed).await;
    });
}

/// Each pod is taken where it belongs, and those that are not agents where
/// nothing but the restricted standard is allowed.
#[test]
#[ignore = "peer: kube-apiserver"]
fn the_pods_are_admitted_where_they_are_meant_to_run() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    runtime().block_on(async {
        let (own, objects) = applied(testbed, &[]).await;
        forget_webhook(testbed).await;
        let restricted = json!({"pod-security.kubernetes.io/enforce": "restricted"});
        let strict = testbed.namespace(restricted).await;
        for name in ["iamra-agent", "iamra-broker", "iamra-webhook"] {
            let is_workload =
                |it: &&Value| it["metadata"]["name"] == name && !it["spec"]["template"].is_null();
            let workload = objects.iter().find(is_workload).unwrap();
            let mut pod = workload["spec"]["template"].clone();
            pod["metadata"]["generateName"] = json!("try-");
            let (status, said) = tried(testbed, &own, &pod).await;
            assert_eq!(status, 201, "{name} {said}");
            let accounts = format!("/api/v1/namespaces/{strict}/serviceaccounts");
            let account = json!({"metadata": {"name": name}});
            testbed.create(&accounts, &account).await;
            let (status, said) = tried(testbed, &strict, &pod).await;
            let expected = if name == "iamra-agent" { 403 } else { 201 };
            assert_eq!(status, expected, "{name} {said}");
        }
    });
}

/// As it would be created.
async fn tried(testbed: &Testbed, namespace: &str, pod: &Value) -> (u16, Value) {
    let path = format!("/api/v1/namespaces/{namespace}/pods?dryRun=All&fieldValidation=Strict");
    testbed.ask(Method::POST, &path, pod).await
}

/// It would be asked about the pods of the tests after this one.
pub(super) async fn forget_webhook(testbed: &Testbed) {
    let all = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    testbed.delete(&format!("{all}/iamra-webhook")).await;
}
