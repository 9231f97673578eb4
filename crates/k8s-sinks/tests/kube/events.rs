use k8s_sinks::kubernetes::{Error, Events, Notice, Regarding, Severity};
use serde_json::{Value, json};

use crate::testbed::Testbed;

fn adopted(regarding: Regarding, note: &str) -> Notice {
    Notice {
        regarding,
        severity: Severity::Warning,
        reason: "Adopted",
        action: "Deliver",
        note: note.to_owned(),
    }
}

async fn events(testbed: &Testbed, namespace: &str) -> Vec<Value> {
    let path = format!("/apis/events.k8s.io/v1/namespaces/{namespace}/events");
    let list = testbed.object(&path).await;
    list["items"].as_array().unwrap().clone()
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn what_happens_again_is_counted() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let sink = Events::new(testbed.cluster(), "pod-1").unwrap();
    let secret = Regarding {
        namespace: namespace.clone(),
        name: "ecr-pull".to_owned(),
    };
    // Another note is the same event.
    for note in ["once", "twice", "three times"] {
        sink.post(&adopted(secret.clone(), note)).await.unwrap();
    }
    let there = events(testbed, &namespace).await;
    let [event] = &there[..] else {
        panic!("{there:?}");
    };
    assert_eq!(event["note"], "once");
    assert_eq!(event["type"], "Warning");
    assert_eq!(event["series"]["count"], 3);
    assert_eq!(event["regarding"]["name"], "ecr-pull");
    assert_eq!(event["reportingController"], "iamra.dev/iamra");
    assert_eq!(event["reportingInstance"], "pod-1");

    // One that the server keeps no more is made anew.
    let name = event["metadata"]["name"].as_str().unwrap();
    let path = format!("/apis/events.k8s.io/v1/namespaces/{namespace}/events/{name}");
    testbed.ask(http::Method::DELETE, &path, &Value::Null).await;
    sink.post(&adopted(secret, "again")).await.unwrap();
    let there = events(testbed, &namespace).await;
    assert_eq!(there.len(), 1, "{there:?}");
    assert_eq!(there[0]["note"], "again");
    assert_eq!(there[0]["series"], Value::Null);
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn what_is_long_is_cut_for_the_server() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let sink = Events::new(testbed.cluster(), &"p".repeat(128)).unwrap();
    // The longest name that there is.
    let secret = Regarding {
        namespace: namespace.clone(),
        name: "x".repeat(253),
    };
    let note = "é".repeat(2000);
    sink.post(&adopted(secret, &note)).await.unwrap();
    let there = events(testbed, &namespace).await;
    assert_eq!(there.len(), 1, "{there:?}");
    assert_eq!(there[0]["regarding"]["kind"], "Secret");
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn an_event_that_cannot_be_posted_is_an_error() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    for instance in [String::new(), "p".repeat(129)] {
        let sink = Events::new(testbed.cluster(), &instance);
        assert!(matches!(sink, Err(Error::Invalid { .. })));
    }
    let sink = Events::new(testbed.cluster(), "pod-1").unwrap();
    let nowhere = Regarding {
        namespace: "nowhere".to_owned(),
        name: "ecr-pull".to_owned(),
    };
    let error = sink.post(&adopted(nowhere, "x")).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
}
