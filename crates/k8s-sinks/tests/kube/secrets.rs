use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Method;
use k8s_sinks::kubernetes::OnForeign::{self, Adopt, AdoptReplaceable, Merge, Refuse};
use k8s_sinks::kubernetes::{
    Cluster, Content, Error, ForeignReason, Outcome, SecretData, SecretForm, SecretSink, SecretSpec,
};
use refresh::Lifetime;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::testbed::Testbed;

/// Values that begin with `ecr:` are ours or could be.
#[derive(Debug)]
struct Form;

impl SecretForm for Form {
    fn secret_type(&self) -> &'static str {
        "Opaque"
    }

    fn keys(&self) -> Vec<String> {
        vec!["login".to_owned()]
    }

    fn is_replaceable(&self, foreign: &SecretData) -> bool {
        foreign.values().all(|value| value.starts_with(b"ecr:"))
    }

    fn merged(&self, foreign: &SecretData, ours: &SecretData) -> Result<SecretData, String> {
        let mut merged = foreign.clone();
        let theirs = foreign.get("login").map(|value| value.to_vec());
        let mut login = theirs.ok_or("there is no login")?;
        if !login.ends_with(&ours["login"]) {
            login.extend_from_slice(&ours["login"]);
        }
        merged.insert("login".to_owned(), Zeroizing::new(login));
        Ok(merged)
    }
}

pub(crate) fn content(id: &str, login: &str) -> Content {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let data = BTreeMap::from([(
        "login".to_owned(),
        Zeroizing::new(login.as_bytes().to_vec()),
    )]);
    let lifetime = Lifetime::new(start, start + Duration::from_hours(12));
    Content::new(id.to_owned(), lifetime, data).with_annotation("iamra.dev/registries", "a,b")
}

pub(crate) fn sink(testbed: &Testbed, on_foreign: OnForeign) -> SecretSink {
    sink_at(testbed.cluster(), on_foreign)
}

pub(crate) fn sink_at(cluster: Cluster, on_foreign: OnForeign) -> SecretSink {
    let spec = SecretSpec::new("pull", "tests", Arc::new(Form)).unwrap();
    SecretSink::new(cluster, Arc::new(spec.with_on_foreign(on_foreign)))
}

pub(crate) fn path(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/secrets/pull")
}

async fn foreign(testbed: &Testbed, object: Value) -> String {
    let namespace = testbed.namespace(json!({})).await;
    let mut object = object;
    object["metadata"]["name"] = json!("pull");
    let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
    testbed.create(&secrets, &object).await;
    namespace
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_secret_is_created_and_updated_in_place() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let sink = sink(testbed, OnForeign::default());

    let made = sink.deliver(&namespace, None, &content("1", "ecr:1")).await;
    let made = made.unwrap();
    assert_eq!(made.outcome, Outcome::Created);
    let object = testbed.object(&path(&namespace)).await;
    assert_eq!(object["type"], "Opaque");
    assert_eq!(object["data"], json!({"login": "ZWNyOjE="}));
    let labels = json!({"app.kubernetes.io/managed-by": "iamra", "iamra.dev/config": "tests"});
    assert_eq!(object["metadata"]["labels"], labels);
    let annotations = json!({
        "iamra.dev/content-id": "1",
        "iamra.dev/expires-at": "2027-01-15T20:00:00Z",
        "iamra.dev/refreshed-at": "2027-01-15T08:00:00Z",
        "iamra.dev/registries": "a,b",
        "iamra.dev/schema": "1",
    });
    assert_eq!(object["metadata"]["annotations"], annotations);

    // As it is seen after a restart, it is there.
    let seen = sink.look(&namespace).await.unwrap();
    assert_eq!(seen.as_ref(), Some(&made.seen));
    let same = sink.deliver(&namespace, seen, &content("1", "ecr:1")).await;
    assert_eq!(same.unwrap().outcome, Outcome::Unchanged);

    let seen = Some(made.seen);
    let next = sink.deliver(&namespace, seen, &content("2", "ecr:2")).await;
    assert_eq!(next.unwrap().outcome, Outcome::Updated);
    let updated = testbed.object(&path(&namespace)).await;
    assert_eq!(updated["data"], json!({"login": "ZWNyOjI="}));
    assert_eq!(updated["metadata"]["uid"], object["metadata"]["uid"]);
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn an_edit_is_seen_in_the_metadata_and_mended() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let sink = sink(testbed, OnForeign::default());
    let content = content("1", "ecr:1");
    sink.deliver(&namespace, None, &content).await.unwrap();
    for edit in [
        json!({"data": {"login": "YmFk"}}),
        json!({"data": {"login": null}}),
        json!({"metadata": {"annotations": {"iamra.dev/expires-at": "2099-01-01T00:00:00Z"}}}),
        json!({"metadata": {"annotations": {"iamra.dev/content-id": null}}}),
        // As another version of ours would have written it.
        json!({"metadata": {"annotations": {"iamra.dev/schema": "2"}}}),
    ] {
        let (status, _) = testbed.ask(Method::PATCH, &path(&namespace), &edit).await;
        assert_eq!(status, 200);
        let seen = sink.look(&namespace).await.unwrap();
        assert!(!seen.as_ref().unwrap().has(&content), "{edit}");
        let mended = sink.deliver(&namespace, seen, &content).await.unwrap();
        assert_eq!(mended.outcome, Outcome::Updated, "{edit}");
        assert!(mended.seen.has(&content), "{edit}");
        let object = testbed.object(&path(&namespace)).await;
        assert_eq!(object["data"], json!({"login": "ZWNyOjE="}), "{edit}");
    }
    // What we do not own is nobody's business of ours.
    let edit = json!({"metadata": {"labels": {"team": "a"}}, "data": {"more": "eA=="}});
    testbed.ask(Method::PATCH, &path(&namespace), &edit).await;
    let seen = sink.look(&namespace).await.unwrap();
    assert!(seen.as_ref().unwrap().has(&content));
    let next = self::content("2", "ecr:2");
    sink.deliver(&namespace, seen, &next).await.unwrap();
    let object = testbed.object(&path(&namespace)).await;
    assert_eq!(object["data"]["more"], "eA==");
    assert_eq!(object["metadata"]["labels"]["team"], "a");
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn what_was_seen_may_be_gone_or_another() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let sink = sink(testbed, OnForeign::default());
    let content = content("1", "ecr:1");
    let made = sink.deliver(&namespace, None, &content).await.unwrap();
    // Not there any more: it is made anew.
    testbed
        .ask(Method::DELETE, &path(&namespace), &Value::Null)
        .await;
    let next = self::content("2", "ecr:2");
    let again = sink
        .deliver(&namespace, Some(made.seen.clone()), &next)
        .await;
    assert_eq!(again.unwrap().outcome, Outcome::Created);
    // Somebody else's in its place stays as it is.
    testbed
        .ask(Method::DELETE, &path(&namespace), &Value::Null)
        .await;
    let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
    let other = json!({"metadata": {"name": "pull"}, "data": {"login": "b3RoZXI="}});
    let other = testbed.create(&secrets, &other).await;
    let error = sink.deliver(&namespace, Some(made.seen), &next).await;
    let error = error.unwrap_err();
    let reason = ForeignReason::OtherContents;
    assert!(
        matches!(&error, Error::Foreign { reason: it, .. } if *it == reason),
        "{error}"
    );
    let object = testbed.object(&path(&namespace)).await;
    assert_eq!(
        object["metadata"]["resourceVersion"],
        other["metadata"]["resourceVersion"]
    );
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_foreign_secret_stays_unless_it_is_to_be_taken() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let content = content("1", "ecr:1");
    let labelled = |value: &str| json!({"labels": {"app.kubernetes.io/managed-by": value}});
    let owned = json!({"ownerReferences": [{
        "apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "u-1", "controller": true,
    }]});
    let other = json!({"app.kubernetes.io/managed-by": "iamra", "iamra.dev/config": "other"});
    let other = json!({"labels": other});
    for (on_foreign, metadata, data, outcome) in [
        (Refuse, json!({}), json!({"login": "ZWNyOg=="}), None),
        (
            AdoptReplaceable,
            json!({}),
            json!({"login": "ZWNyOg=="}),
            Some(Outcome::Adopted),
        ),
        (
            AdoptReplaceable,
            labelled("Helm"),
            json!({"login": "ZWNyOg=="}),
            Some(Outcome::Adopted),
        ),
        (AdoptReplaceable, json!({}), json!({"login": "eA=="}), None),
        (
            AdoptReplaceable,
            json!({}),
            json!({"login": "ZWNyOg==", "more": "ZWNyOg=="}),
            None,
        ),
        (AdoptReplaceable, json!({}), json!({}), None),
        (
            AdoptReplaceable,
            owned.clone(),
            json!({"login": "ZWNyOg=="}),
            None,
        ),
        (
            AdoptReplaceable,
            other.clone(),
            json!({"login": "ZWNyOg=="}),
            None,
        ),
        (
            Adopt,
            owned,
            json!({"login": "eA=="}),
            Some(Outcome::Adopted),
        ),
        (Adopt, other, json!({}), Some(Outcome::Adopted)),
        (
            Merge,
            labelled("Helm"),
            json!({"login": "eA==", "more": "eQ=="}),
            Some(Outcome::Merged),
        ),
        (
            Merge,
            json!({}),
            json!({"login": "ZWNyOjE="}),
            Some(Outcome::Unchanged),
        ),
    ] {
        let what = format!("{on_foreign:?} {metadata} {data}");
        let object = json!({"metadata": metadata, "data": data});
        let namespace = foreign(testbed, object).await;
        let before = testbed.object(&path(&namespace)).await;
        let sink = sink(testbed, on_foreign);
        let delivered = sink.deliver(&namespace, None, &content).await;
        let after = testbed.object(&path(&namespace)).await;
        match (delivered, outcome) {
            (Err(Error::Foreign { .. }), None) | (Ok(_), Some(Outcome::Unchanged)) => {
                assert_eq!(before, after, "{what}");
            }
            (Ok(delivered), Some(outcome)) => {
                assert_eq!(delivered.outcome, outcome, "{what}");
                let is_merge = outcome == Outcome::Merged;
                let login = if is_merge { "eGVjcjox" } else { "ZWNyOjE=" };
                assert_eq!(after["data"]["login"], login, "{what}");
                assert_eq!(after["data"]["more"], before["data"]["more"], "{what}");
                assert_eq!(delivered.seen.has(&content), !is_merge, "{what}");
                if is_merge {
                    assert_eq!(after["metadata"]["labels"], before["metadata"]["labels"]);
                    assert!(after["metadata"]["annotations"].is_null(), "{what}");
                }
            }
            (ended, _) => panic!("{what}: {ended:?}"),
        }
    }
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn what_cannot_be_written_is_said_in_one_word() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let ours = json!({"app.kubernetes.io/managed-by": "iamra", "iamra.dev/config": "tests"});
    let ours = json!({"labels": ours});
    let other_type = json!({
        "metadata": ours,
        "type": "example.com/other",
        "data": {"login": "ZWNyOg=="},
    });
    let immutable = json!({"metadata": ours, "immutable": true, "data": {"login": "ZWNyOg=="}});
    for (object, expected) in [
        (other_type, "is of type example.com/other, not Opaque"),
        (immutable, "is immutable"),
    ] {
        let namespace = foreign(testbed, object).await;
        let before = testbed.object(&path(&namespace)).await;
        let sink = sink(testbed, Adopt);
        let error = sink.deliver(&namespace, None, &content("1", "ecr:1")).await;
        let error = error.unwrap_err().to_string();
        assert!(error.ends_with(expected), "{error}");
        assert_eq!(testbed.object(&path(&namespace)).await, before);
    }
    let sink = sink(testbed, OnForeign::default());
    let error = sink.deliver("nowhere", None, &content("1", "x")).await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "there is no namespace nowhere"
    );

    let large = "x".repeat(1024 * 1024 + 1);
    let error = sink.deliver("default", None, &content("1", &large)).await;
    let error = error.unwrap_err().to_string();
    assert_eq!(
        error,
        "the secret pull would have 1048577 bytes; Kubernetes takes 1048576"
    );
    let fits = content("1", &large[1..]);
    let namespace = testbed.namespace(json!({})).await;
    sink.deliver(&namespace, None, &fits).await.unwrap();

    // Held back by a finalizer, so that it stays in this state.
    let namespace = testbed.namespace(json!({})).await;
    let config = json!({"metadata": {"name": "x", "finalizers": ["example.com/wait"]}});
    let path = format!("/api/v1/namespaces/{namespace}");
    testbed.create(&format!("{path}/configmaps"), &config).await;
    testbed.ask(Method::DELETE, &path, &Value::Null).await;
    let error = sink.deliver(&namespace, None, &content("1", "x")).await;
    let error = error.unwrap_err();
    assert!(
        matches!(&error, Error::Terminating { namespace: it } if *it == namespace),
        "{error}"
    );
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_dry_run_writes_nothing() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let dry = sink(testbed, OnForeign::default()).with_dry_run();
    let made = dry.deliver(&namespace, None, &content("1", "ecr:1")).await;
    assert_eq!(made.unwrap().outcome, Outcome::Created);
    let (status, _) = testbed
        .ask(Method::GET, &path(&namespace), &Value::Null)
        .await;
    assert_eq!(status, 404);
}
