use http::Method;
use k8s_sinks::kubernetes::{Error, SeenServiceAccount, ServiceAccounts};
use serde_json::{Value, json};

use crate::testbed::Testbed;

fn accounts(testbed: &Testbed, secret: &str) -> ServiceAccounts {
    ServiceAccounts::new(testbed.cluster(), secret).unwrap()
}

fn path(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/serviceaccounts/builder")
}

async fn account(testbed: &Testbed, more: Value) -> String {
    let namespace = testbed.namespace(json!({})).await;
    let mut object = more;
    object["metadata"]["name"] = json!("builder");
    let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    testbed.create(&accounts, &object).await;
    namespace
}

/// The object without what every write changes.
fn settled(mut object: Value) -> Value {
    let metadata = object["metadata"].as_object_mut().unwrap();
    metadata.remove("resourceVersion");
    metadata.remove("managedFields");
    object
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn one_name_comes_and_goes_and_all_else_stays() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let accounts = accounts(testbed, "ecr-pull");
    for there in [json!([]), json!([{"name": "a"}, {"name": "b"}])] {
        let object = json!({
            "metadata": {"annotations": {"team": "x"}, "labels": {"team": "x"}},
            "secrets": [{"name": "other"}],
            "imagePullSecrets": there,
            "automountServiceAccountToken": false,
        });
        let namespace = account(testbed, object).await;
        let before = settled(testbed.object(&path(&namespace)).await);
        let seen = accounts.look(&namespace, "builder").await.unwrap().unwrap();

        let dry = accounts.clone().with_dry_run().attach(seen.clone()).await;
        assert!(dry.unwrap().changed);
        assert_eq!(settled(testbed.object(&path(&namespace)).await), before);

        let attached = accounts.attach(seen).await.unwrap();
        assert!(attached.changed);
        let mut expected = before.clone();
        let mut entries = there.as_array().unwrap().clone();
        entries.push(json!({"name": "ecr-pull"}));
        expected["imagePullSecrets"] = json!(entries);
        let object = testbed.object(&path(&namespace)).await;
        assert_eq!(settled(object.clone()), expected);
        // As a watch would show it.
        let watched: SeenServiceAccount = serde_json::from_value(object).unwrap();
        assert_eq!(watched, attached.seen);
        assert_eq!(
            (&*watched.namespace, &*watched.name),
            (&*namespace, "builder")
        );

        let again = accounts.attach(watched.clone()).await.unwrap();
        assert!(!again.changed);
        assert_eq!(again.seen, watched);

        let detached = accounts.detach(again.seen).await.unwrap();
        assert!(detached.changed);
        let after = testbed.object(&path(&namespace)).await;
        // An empty list and none are the same to the API.
        let list = |object: &Value| object["imagePullSecrets"].as_array().cloned();
        assert_eq!(
            list(&after).unwrap_or_default(),
            list(&before).unwrap_or_default()
        );
        assert_eq!(after["secrets"], before["secrets"]);
        assert!(!accounts.detach(detached.seen).await.unwrap().changed);
    }
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn what_changed_since_is_looked_at_again() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let accounts = accounts(testbed, "ecr-pull");
    let namespace = account(testbed, json!({})).await;
    let seen = accounts.look(&namespace, "builder").await.unwrap().unwrap();
    let theirs = json!({"imagePullSecrets": [{"name": "theirs"}]});
    testbed.ask(Method::PATCH, &path(&namespace), &theirs).await;
    let attached = accounts.attach(seen.clone()).await.unwrap();
    assert!(attached.changed);
    assert_eq!(attached.seen.pull_secrets, ["theirs", "ecr-pull"]);
    // What was seen first is told from what is there now.
    let again = accounts.attach(seen).await.unwrap();
    assert!(!again.changed);

    testbed
        .ask(Method::DELETE, &path(&namespace), &Value::Null)
        .await;
    assert_eq!(accounts.look(&namespace, "builder").await.unwrap(), None);
    let error = accounts.detach(again.seen).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn two_writers_at_once_are_both_in_the_list() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let writers = ["a", "b", "c"].map(|name| accounts(testbed, name));
    for _ in 0..5 {
        let namespace = account(testbed, json!({})).await;
        let seen = writers[0]
            .look(&namespace, "builder")
            .await
            .unwrap()
            .unwrap();
        let [a, b, c] = &writers;
        let (a, b, c) = tokio::join!(
            a.attach(seen.clone()),
            b.attach(seen.clone()),
            c.attach(seen.clone())
        );
        assert!(a.unwrap().changed && b.unwrap().changed && c.unwrap().changed);
        let seen = writers[0]
            .look(&namespace, "builder")
            .await
            .unwrap()
            .unwrap();
        let mut names = seen.pull_secrets;
        names.sort();
        assert_eq!(names, ["a", "b", "c"]);
    }
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_refusal_is_said_and_not_tried_again() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = account(testbed, json!({"imagePullSecrets": [{"name": "a"}]})).await;
    let accounts = accounts(testbed, "ecr-pull");
    let mut seen = accounts.look(&namespace, "builder").await.unwrap().unwrap();
    // The test holds, and the place to remove is not there.
    seen.pull_secrets = ["a", "b", "ecr-pull"].map(str::to_owned).into();
    let error = accounts.detach(seen).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
    let object = testbed.object(&path(&namespace)).await;
    assert_eq!(object["imagePullSecrets"], json!([{"name": "a"}]));
}
