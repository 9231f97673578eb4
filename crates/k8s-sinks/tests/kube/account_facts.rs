use serde_json::json;

use crate::somebody::{nobody, service_account};
use crate::testbed::Testbed;

const ROLE: &str = "iamra.dev/role-arn";

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_service_account_has_its_annotations() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = service_account(testbed, "web", json!({ROLE: "arn:web", "team": "x"})).await;
    let cluster = testbed.cluster();
    let found = cluster.service_account(&namespace, "web").await.unwrap();
    let found = found.unwrap();
    assert_eq!((&*found.namespace, &*found.name), (&*namespace, "web"));
    assert_eq!(found.annotations[ROLE], "arn:web");
    assert_eq!(found.annotations["team"], "x");
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/web");
    assert_eq!(testbed.object(&path).await["metadata"]["uid"], found.uid);

    let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    testbed
        .create(&accounts, &json!({"metadata": {"name": "bare"}}))
        .await;
    let bare = cluster.service_account(&namespace, "bare").await.unwrap();
    assert!(bare.unwrap().annotations.is_empty());
    for (namespace, name) in [(&*namespace, "other"), ("no-such-namespace", "web")] {
        let found = cluster.service_account(namespace, name).await.unwrap();
        assert_eq!(found, None);
    }
    for (namespace, name) in [("a/b", "web"), ("a", "../pods"), ("a", "")] {
        let error = cluster.service_account(namespace, name).await.unwrap_err();
        assert_eq!(error.kind(), "invalid");
    }
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn all_of_them_are_listed_page_after_page() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = service_account(testbed, "a0", json!({ROLE: "0"})).await;
    let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    for number in 1..120 {
        let annotations = json!({ROLE: number.to_string()});
        let object =
            json!({"metadata": {"name": format!("a{number}"), "annotations": annotations}});
        testbed.create(&accounts, &object).await;
    }
    let cluster = testbed.cluster();
    for within in [None, Some(&*namespace)] {
        let mut roles = cluster
            .service_accounts(within, |mut account| {
                let is_here = account.namespace == namespace;
                let role = account.annotations.remove(ROLE).filter(|_| is_here)?;
                role.parse::<u32>().ok()
            })
            .await
            .unwrap();
        roles.sort_unstable();
        assert!(roles.into_iter().eq(0..120), "{within:?}");
    }
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn the_right_that_is_missing_is_named() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let cluster = nobody(testbed).await;
    let error = cluster.service_account("shop", "web").await.unwrap_err();
    let expected = "not allowed to get serviceaccounts web in namespace shop: ";
    assert!(error.to_string().starts_with(expected), "{error}");
    let error = cluster.service_accounts(None, Some).await.unwrap_err();
    let expected = "not allowed to list serviceaccounts in the whole cluster: ";
    assert!(error.to_string().starts_with(expected), "{error}");
}
