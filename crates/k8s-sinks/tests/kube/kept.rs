use http::Method;
use k8s_sinks::kubernetes::{Error, KeptSecret};
use serde_json::{Value, json};

use crate::testbed::Testbed;

fn kept(testbed: &Testbed, namespace: &str) -> KeptSecret {
    let cluster = testbed.cluster();
    KeptSecret::new(cluster, namespace, "iamra-tests-token", "tests").unwrap()
}

fn path(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/secrets/iamra-tests-token")
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_value_is_kept_and_found_again() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let secret = kept(testbed, &namespace);
    assert!(secret.read().await.unwrap().is_none());
    let first = secret.write(b"one", None).await.unwrap();
    let object = testbed.object(&path(&namespace)).await;
    assert_eq!(object["type"], "iamra.dev/token");
    assert_eq!(object["data"], json!({"value": "b25l"}));
    let labels = json!({"app.kubernetes.io/managed-by": "iamra", "iamra.dev/config": "tests"});
    assert_eq!(object["metadata"]["labels"], labels);
    let found = secret.read().await.unwrap().unwrap();
    assert_eq!((&found.value[..], &found.version), (&b"one"[..], &first));

    let second = secret.write(&[0, 255], Some(&first)).await.unwrap();
    assert_ne!(second, first);
    let found = secret.read().await.unwrap().unwrap();
    assert_eq!((&found.value[..], &found.version), (&[0, 255][..], &second));
    // The same once more is no other version.
    let same = secret.write(&[0, 255], Some(&second)).await.unwrap();
    assert_eq!(same, second);

    // Taken out by somebody: it can be written anew.
    let emptied = json!({"data": null});
    testbed
        .ask(Method::PATCH, &path(&namespace), &emptied)
        .await;
    let found = secret.read().await.unwrap().unwrap();
    assert!(found.value.is_empty());
    secret.write(b"three", Some(&found.version)).await.unwrap();

    let large = vec![0; 1024 * 1024 + 1];
    let error = secret
        .write(&large, Some(&found.version))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn who_led_once_does_not_overwrite_its_successor() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let [deposed, leader] = [kept(testbed, &namespace), kept(testbed, &namespace)];
    let first = deposed.write(b"one", None).await.unwrap();
    let second = leader.write(b"two", Some(&first)).await.unwrap();
    for seen in [None, Some(&first)] {
        let error = deposed.write(b"late", seen).await.unwrap_err();
        assert!(matches!(error, Error::Overtaken { .. }), "{error}");
    }
    // What was written already, and the answer was lost.
    for seen in [None, Some(&first)] {
        assert_eq!(leader.write(b"two", seen).await.unwrap(), second);
    }
    let found = leader.read().await.unwrap().unwrap();
    assert_eq!((&found.value[..], &found.version), (&b"two"[..], &second));

    // Nor does it bring back what was deleted, or change what was made anew.
    testbed
        .ask(Method::DELETE, &path(&namespace), &Value::Null)
        .await;
    let error = deposed.write(b"late", Some(&second)).await.unwrap_err();
    assert!(matches!(error, Error::Overtaken { .. }), "{error}");
    assert!(leader.read().await.unwrap().is_none());
    leader.write(b"three", None).await.unwrap();
    let error = deposed.write(b"late", Some(&second)).await.unwrap_err();
    assert!(matches!(error, Error::Overtaken { .. }), "{error}");
    let found = leader.read().await.unwrap().unwrap();
    assert_eq!(&found.value[..], b"three");
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn what_is_not_ours_is_neither_read_nor_written() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let ours = json!({"app.kubernetes.io/managed-by": "iamra", "iamra.dev/config": "tests"});
    let others = json!({"app.kubernetes.io/managed-by": "iamra", "iamra.dev/config": "other"});
    let token = "iamra.dev/token";
    for (labels, kind, immutable, expected) in [
        (
            json!({}),
            token,
            false,
            "is not ours: nothing says that iamra wrote it",
        ),
        (others, token, false, "is not ours: iamra/other manages it"),
        (
            ours.clone(),
            "Opaque",
            false,
            "is of type Opaque, not iamra.dev/token",
        ),
        (ours, token, true, "is immutable"),
    ] {
        let namespace = testbed.namespace(json!({})).await;
        let object = json!({
            "metadata": {"name": "iamra-tests-token", "labels": labels},
            "type": kind,
            "immutable": immutable,
            "data": {"value": "b25l"},
        });
        let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
        let before = testbed.create(&secrets, &object).await;
        let secret = kept(testbed, &namespace);
        let error = secret.read().await.unwrap_err().to_string();
        assert!(error.ends_with(expected), "{error}");
        let error = secret.write(b"mine", None).await.unwrap_err().to_string();
        assert!(error.ends_with(expected), "{error}");
        assert_eq!(testbed.object(&path(&namespace)).await, before);
    }
}
