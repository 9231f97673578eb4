use http::Method;
use k8s_sinks::kubernetes::{Error, OnForeign, OwnSecret, OwnSecrets};
use serde_json::{Value, json};

use crate::secrets::{content, path, sink};
use crate::testbed::Testbed;

async fn ours(testbed: &Testbed) -> (String, OwnSecrets) {
    let namespace = testbed.namespace(json!({})).await;
    let sink = sink(testbed, OnForeign::default());
    let made = sink.deliver(&namespace, None, &content("1", "ecr:1")).await;
    made.unwrap();
    let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
    let foreign = json!({"metadata": {"name": "foreign"}});
    testbed.create(&secrets, &foreign).await;
    (namespace, OwnSecrets::new(testbed.cluster()))
}

fn names(secrets: &[OwnSecret]) -> Vec<(&str, &str)> {
    let names = secrets.iter();
    names.map(|it| (&*it.name, &*it.config)).collect()
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn what_is_ours_is_found_and_removed() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let (namespace, own) = ours(testbed).await;
    for name in [None, Some("pull")] {
        let found = own.list(Some(&namespace), name).await.unwrap();
        assert_eq!(names(&found), [("pull", "tests")]);
    }
    let of_other_name = own.list(Some(&namespace), Some("foreign")).await;
    assert!(of_other_name.unwrap().is_empty());
    let everywhere = own.list(None, None).await.unwrap();
    let [found] = own
        .list(Some(&namespace), None)
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert!(everywhere.contains(&found));

    own.remove(&found).await.unwrap();
    let (status, _) = testbed
        .ask(Method::GET, &path(&namespace), &Value::Null)
        .await;
    assert_eq!(status, 404);
    // It is gone, which is what was wanted.
    own.remove(&found).await.unwrap();
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn what_has_changed_is_not_removed() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let (namespace, own) = ours(testbed).await;
    let [found] = own
        .list(Some(&namespace), None)
        .await
        .unwrap()
        .try_into()
        .unwrap();
    let edit = json!({"metadata": {"labels": {"app.kubernetes.io/managed-by": "other"}}});
    let (status, _) = testbed.ask(Method::PATCH, &path(&namespace), &edit).await;
    assert_eq!(status, 200);
    let refused = own.remove(&found).await.unwrap_err();
    assert!(matches!(refused, Error::Contended { .. }), "{refused}");

    let (status, _) = testbed
        .ask(Method::DELETE, &path(&namespace), &json!({}))
        .await;
    assert_eq!(status, 200);
    let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
    let another = json!({"metadata": {"name": "pull"}});
    testbed.create(&secrets, &another).await;
    let refused = own.remove(&found).await.unwrap_err();
    assert!(matches!(refused, Error::Contended { .. }), "{refused}");
    testbed.object(&path(&namespace)).await;
}
