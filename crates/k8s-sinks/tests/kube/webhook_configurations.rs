use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use http::Method;
use k8s_sinks::kubernetes::Cluster;
use serde_json::{Value, json};

use crate::somebody::{service_account, token};
use crate::testbed::Testbed;

const API: &str = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
const OURS: &str = "pods.iamra.dev";

/// A configuration of two webhooks that nobody is sent to.
async fn configuration(testbed: &Testbed) -> String {
    let name = testbed.namespace(json!({})).await;
    let webhook = |name: &str, client: Value| {
        json!({
            "name": name, "clientConfig": client, "sideEffects": "None",
            "admissionReviewVersions": ["v1"], "failurePolicy": "Ignore",
            "namespaceSelector": {"matchLabels": {"no-such": "label"}},
            "rules": [{
                "apiGroups": [""], "apiVersions": ["v1"],
                "operations": ["CREATE"], "resources": ["pods"],
            }],
        })
    };
    let service =
        json!({"service": {"name": "s", "namespace": "x", "path": "/mutate", "port": 8443}});
    let object = json!({
        "metadata": {"name": name, "annotations": {"team": "x"}, "labels": {"team": "x"}},
        "webhooks": [
            webhook(OURS, service.clone()),
            webhook("other.iamra.dev", json!({"url": "https://other.test", "caBundle": "b2xk"})),
        ],
    });
    testbed.create(API, &object).await;
    name
}

/// The object without what every write changes.
fn settled(mut object: Value) -> Value {
    let metadata = object["metadata"].as_object_mut().unwrap();
    for field in ["resourceVersion", "managedFields", "generation"] {
        metadata.remove(field);
    }
    object
}

async fn bundles(cluster: &Cluster, name: &str) -> Vec<(String, String)> {
    let bundles = cluster.webhook_ca_bundles(name).await.unwrap().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let bundles = bundles.into_iter();
    bundles.map(|it| (it.webhook, text(it.ca_bundle))).collect()
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn certificates_are_set_and_nothing_else() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let name = configuration(testbed).await;
    let path = format!("{API}/{name}");
    let before = settled(testbed.object(&path).await);
    let cluster = testbed.cluster();
    let pem = std::fs::read_to_string(testbed.state("ca.crt")).unwrap();

    let set = async |webhook: Option<&str>, pem: &str| {
        cluster
            .set_webhook_ca_bundle(&name, webhook, pem)
            .await
            .unwrap()
    };
    assert!(set(Some(OURS), &pem).await);
    let after = settled(testbed.object(&path).await);
    let mut expected = before.clone();
    let encoded = after["webhooks"][0]["clientConfig"]["caBundle"].clone();
    expected["webhooks"][0]["clientConfig"]["caBundle"] = encoded;
    assert_eq!(after, expected);
    let [pods, other] = [OURS, "other.iamra.dev"].map(str::to_owned);
    let found = bundles(&cluster, &name).await;
    assert_eq!(
        found,
        [
            (pods.clone(), pem.clone()),
            (other.clone(), "old".to_owned())
        ]
    );

    let version = testbed.object(&path).await["metadata"]["resourceVersion"].clone();
    assert!(!set(Some(OURS), &pem).await);
    let now = testbed.object(&path).await["metadata"]["resourceVersion"].clone();
    assert_eq!(now, version);

    assert!(set(None, &pem).await);
    let found = bundles(&cluster, &name).await;
    assert_eq!(found, [(pods, pem.clone()), (other, pem.clone())]);
    testbed.delete(&path).await;
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn somebody_who_edits_meanwhile_loses_nothing() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let name = configuration(testbed).await;
    let path = format!("{API}/{name}");
    let before = settled(testbed.object(&path).await);
    let cluster = testbed.cluster();
    let (is_over, edits) = (AtomicBool::new(false), AtomicUsize::new(0));
    // Each time the webhooks change their places.
    let swap = json!([{"op": "move", "from": "/webhooks/0", "path": "/webhooks/1"}]).to_string();
    let edit = async {
        while !is_over.load(Ordering::Relaxed) {
            let form = ("application/json-patch+json", swap.clone().into_bytes());
            let (status, said) = testbed.send(Method::PATCH, &path, form).await;
            assert_eq!(status, 200, "{said}");
            edits.fetch_add(1, Ordering::Relaxed);
        }
    };
    let set = async {
        let enough = || edits.load(Ordering::Relaxed) >= 20;
        for number in (0..).take_while(|number| *number < 30 || !enough()) {
            let pem = format!("-----BEGIN CERTIFICATE-----\n{number}\n");
            let set = async || cluster.set_webhook_ca_bundle(&name, Some(OURS), &pem).await;
            // Against somebody who edits all the time, five rounds may be too few.
            while let Err(error) = set().await {
                assert_eq!(error.kind(), "contended", "{error}");
            }
            let mut found = bundles(&cluster, &name).await;
            found.sort();
            let [other, ours] = [("other.iamra.dev", "old"), (OURS, &*pem)];
            let found: Vec<_> = found.iter().map(|(name, pem)| (&**name, &**pem)).collect();
            assert_eq!(found, [other, ours]);
        }
        is_over.store(true, Ordering::Relaxed);
    };
    tokio::join!(edit, set);
    let sorted = |mut object: Value| {
        let webhooks = object["webhooks"].as_array_mut().unwrap();
        webhooks.sort_by_key(|webhook| webhook["name"] != OURS);
        object
    };
    let after = sorted(settled(testbed.object(&path).await));
    let mut expected = sorted(before);
    let bundle = after["webhooks"][0]["clientConfig"]["caBundle"].clone();
    expected["webhooks"][0]["clientConfig"]["caBundle"] = bundle;
    assert_eq!(after, expected);
    testbed.delete(&path).await;
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn what_is_missing_is_named() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let cluster = testbed.cluster();
    let set = async |name: &str, webhook: Option<&str>| {
        let set = cluster.set_webhook_ca_bundle(name, webhook, "x").await;
        set.unwrap_err().to_string()
    };
    let missing = "there is no mutatingwebhookconfiguration no-such.test";
    assert_eq!(set("no-such.test", None).await, missing);
    assert_eq!(
        cluster.webhook_ca_bundles("no-such.test").await.unwrap(),
        None
    );

    let name = configuration(testbed).await;
    let expected = format!("there is no webhook x.test in mutatingwebhookconfiguration {name}");
    assert_eq!(set(&name, Some("x.test")).await, expected);
    let (status, _) = testbed
        .ask(
            Method::PATCH,
            &format!("{API}/{name}"),
            &json!({"webhooks": []}),
        )
        .await;
    assert_eq!(status, 200);
    let expected = format!("there is no webhook in mutatingwebhookconfiguration {name}");
    assert_eq!(set(&name, None).await, expected);
    testbed.delete(&format!("{API}/{name}")).await;
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn it_takes_two_rights_to_one_name() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let name = configuration(testbed).await;
    let namespace = service_account(testbed, "webhook", json!({})).await;
    let token = token(testbed, (&namespace, "webhook"), json!({})).await;
    let cluster = testbed.cluster_of(&token);
    let set = async || cluster.set_webhook_ca_bundle(&name, None, "x").await;
    let resource = "mutatingwebhookconfigurations.admissionregistration.k8s.io";
    let denied = async |verb: &str| {
        let error = set().await.unwrap_err().to_string();
        let expected = format!("not allowed to {verb} {resource} {name} in the whole cluster: ");
        assert!(error.starts_with(&expected), "{error}");
    };
    denied("get").await;

    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    let rules = |verbs: &[&str]| {
        json!({"rules": [{
            "apiGroups": ["admissionregistration.k8s.io"], "verbs": verbs,
            "resources": ["mutatingwebhookconfigurations"], "resourceNames": [name],
        }]})
    };
    let mut role = rules(&["get"]);
    role["metadata"] = json!({"name": name});
    testbed.create(&format!("{rbac}/clusterroles"), &role).await;
    let binding = json!({
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": "webhook", "namespace": namespace}],
    });
    testbed
        .create(&format!("{rbac}/clusterrolebindings"), &binding)
        .await;
    // RBAC takes a moment to see it.
    for _ in 0..100 {
        if cluster.webhook_ca_bundles(&name).await.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    denied("patch").await;

    let path = format!("{rbac}/clusterroles/{name}");
    let (status, _) = testbed
        .ask(Method::PATCH, &path, &rules(&["get", "patch"]))
        .await;
    assert_eq!(status, 200);
    for _ in 0..100 {
        if let Ok(changed) = set().await {
            assert!(changed);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("get and patch are not enough: {:?}", set().await);
}
