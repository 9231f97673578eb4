use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_sinks::kubernetes::{Content, Outcome, SecretSink, SecretSpec};
use serde_json::json;

use crate::one_value::OneValue;
use crate::secrets::{content, path};
use crate::testbed::Testbed;

fn spec(key: &'static str) -> SecretSpec {
    SecretSpec::new("pull", "tests", Arc::new(OneValue(key))).unwrap()
}

fn other(lifetime_of: &Content) -> Content {
    let data = BTreeMap::from([("other".to_owned(), b"x".to_vec().into())]);
    Content::new("2".to_owned(), lifetime_of.lifetime(), data)
}

/// What a configuration wants no more goes, and what others have added stays.
#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn what_is_not_wanted_any_more_goes() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let before = spec("login").with_label("team", "a").unwrap();
    let before = before.with_annotation("example.test/note", "b").unwrap();
    let before = SecretSink::new(testbed.cluster(), Arc::new(before));
    let first = content("1", "ecr:1");
    before.deliver(&namespace, None, &first).await.unwrap();
    let theirs = json!({"metadata": {"labels": {"theirs": "x"}}, "data": {"theirs": "eA=="}});
    let patched = testbed
        .ask(http::Method::PATCH, &path(&namespace), &theirs)
        .await;
    assert_eq!(patched.0, 200);

    let after = SecretSink::new(testbed.cluster(), Arc::new(spec("other")));
    let content = other(&first);
    let seen = after.look(&namespace).await.unwrap();
    let delivered = after.deliver(&namespace, seen, &content).await.unwrap();
    assert_eq!(delivered.outcome, Outcome::Updated);
    let object = testbed.object(&path(&namespace)).await;
    assert_eq!(object["data"], json!({"other": "eA==", "theirs": "eA=="}));
    let labels = &object["metadata"]["labels"];
    assert_eq!((labels.get("team"), &labels["theirs"]), (None, &json!("x")));
    let annotations = &object["metadata"]["annotations"];
    assert_eq!(annotations.get("example.test/note"), None);
    assert_eq!(annotations["iamra.dev/content-id"], "2");
    // And there it is left.
    let seen = after.look(&namespace).await.unwrap();
    let again = after.deliver(&namespace, seen, &content).await.unwrap();
    assert_eq!(again.outcome, Outcome::Unchanged);
}
