use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use k8s_sinks::kubernetes::{Outcome, Pattern, Targets};
use serde_json::{Value, json};

use crate::secrets::{content, path};
use crate::stage::Stage;
use crate::testbed::Testbed;

fn labelled(team: &str) -> Value {
    json!(BTreeMap::from([("team", team)]))
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn every_namespace_of_a_selector_has_the_secret_whatever_happens() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let first = testbed.namespace(labelled("whatever")).await;
    let other = testbed.namespace(labelled("other")).await;
    let targets = Targets::new().with_selector("team in (whatever)");
    let stage = Stage::new(testbed, targets);
    stage
        .play(async {
            stage.until(&format!("{first} Created false"), 1).await;
            // A namespace that comes later.
            let second = testbed.namespace(labelled("whatever")).await;
            stage.until(&format!("{second} Created false"), 1).await;
            // Deleted, and edited.
            testbed.delete(&path(&first)).await;
            stage.until(&format!("{first} Created true"), 1).await;
            testbed.edit(&second, "YmFk").await;
            stage.until(&format!("{second} Updated true"), 1).await;
            assert_eq!(testbed.login(&second).await, "ZWNyOjE=");
            // Another content.
            stage
                .wanted
                .send_replace(Some(Arc::new(content("2", "ecr:2"))));
            stage.until(&format!("{first} Updated false"), 1).await;
            stage.until(&format!("{second} Updated false"), 1).await;
            assert_eq!(testbed.login(&first).await, "ZWNyOjI=");
            let standing = stage.controller.standing();
            assert_eq!((standing.targets, standing.in_step), (2, 2));
            // One that has the label no more is a target no more.
            let edit = json!({"metadata": {"labels": {"team": null}}});
            let namespace = format!("/api/v1/namespaces/{first}");
            testbed.ask(Method::PATCH, &namespace, &edit).await;
            stage.until_targets(1).await;
            stage
                .wanted
                .send_replace(Some(Arc::new(content("3", "ecr:3"))));
            stage.until(&format!("{second} Updated false"), 2).await;
            assert_eq!(testbed.login(&first).await, "ZWNyOjI=");
            // One that is deleted is dropped, without a word.
            testbed
                .delete(&format!("/api/v1/namespaces/{second}"))
                .await;
            stage.until_targets(0).await;
        })
        .await;
    let (status, _) = testbed.ask(Method::GET, &path(&other), &Value::Null).await;
    assert_eq!(status, 404);
    assert_eq!(stage.count("synced"), 1);
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn whoever_has_no_say_writes_nothing() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let stage = Stage::new(testbed, Targets::new().with_name(&namespace).unwrap());
    stage.wanted.send_replace(None);
    stage
        .play(async {
            stage.until("synced", 1).await;
            stage
                .wanted
                .send_replace(Some(Arc::new(content("1", "ecr:1"))));
            stage.until(&format!("{namespace} Created false"), 1).await;
            stage.wanted.send_replace(None);
            testbed.delete(&path(&namespace)).await;
            // Its end is seen, and would be mended within this.
            while stage.controller.standing().oldest_expiry.is_some() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
            let (status, _) = testbed
                .ask(Method::GET, &path(&namespace), &Value::Null)
                .await;
            assert_eq!(status, 404);
            // Who has it again goes on.
            stage
                .wanted
                .send_replace(Some(Arc::new(content("1", "ecr:1"))));
            stage.until(&format!("{namespace} Created true"), 1).await;
        })
        .await;
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn who_fights_gets_a_truce() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let stage = Stage::new(testbed, Targets::new().with_name(&namespace).unwrap());
    let fight = format!("{namespace} fight");
    stage
        .play(async {
            stage.until(&format!("{namespace} Created false"), 1).await;
            for round in 1..=5 {
                testbed.edit(&namespace, "YmFk").await;
                stage
                    .until(&format!("{namespace} Updated true"), round)
                    .await;
            }
            stage.until(&fight, 1).await;
            // What comes now stays for a while.
            testbed.edit(&namespace, "bGFzdA==").await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert_eq!(testbed.login(&namespace).await, "bGFzdA==");
            let problems = stage.controller.standing().problems;
            assert_eq!(problems, [("fight", 1)].into());
            // Another content is worth another try.
            stage
                .wanted
                .send_replace(Some(Arc::new(content("2", "ecr:2"))));
            stage.until(&format!("{namespace} Updated false"), 1).await;
        })
        .await;
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_foreign_secret_is_said_and_its_end_is_seen() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
    let foreign = json!({"metadata": {"name": "pull"}, "data": {"login": "eA=="}});
    testbed.create(&secrets, &foreign).await;
    let pattern = Pattern::new(&format!("{namespace}*")).unwrap();
    let stage = Stage::new(testbed, Targets::new().with_pattern(pattern));
    stage
        .play(async {
            stage.until(&format!("{namespace} foreign"), 1).await;
            assert_eq!(testbed.login(&namespace).await, "eA==");
            assert_eq!(stage.controller.standing().problems["foreign"], 1);
            testbed.delete(&path(&namespace)).await;
            stage.until(&format!("{namespace} Created false"), 1).await;
            assert!(stage.controller.standing().problems.is_empty());
        })
        .await;
    let created = format!("{namespace} {:?} false", Outcome::Created);
    assert_eq!(stage.count(&created), 1);
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_named_namespace_may_come_later() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let name = format!("later-{}", std::process::id());
    let stage = Stage::new(testbed, Targets::new().with_name(&name).unwrap());
    stage
        .play(async {
            stage.until(&format!("{name} missing"), 1).await;
            let namespace = json!({"metadata": {"name": name}});
            testbed.create("/api/v1/namespaces", &namespace).await;
            stage.until(&format!("{name} Created false"), 1).await;
        })
        .await;
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_service_account_is_attached_though_the_secret_was_there_before() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let account = format!("/api/v1/namespaces/{namespace}/serviceaccounts/puller");
    let patterns = || vec![Pattern::new("puller").unwrap()];
    let targets = || Targets::new().with_name(&namespace).unwrap();
    let mut stage = Stage::new(testbed, targets());
    stage.controller = stage.controller.with_service_accounts(patterns());
    let delivered = format!("{namespace} Created false");
    stage.play(stage.until(&delivered, 1)).await;

    // The next process finds the Secret as it should be, and writes none.
    let object = json!({"metadata": {"name": "puller"}, "imagePullSecrets": [{"name": "other"}]});
    let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    testbed.create(&accounts, &object).await;
    let mut stage = Stage::new(testbed, targets());
    stage.controller = stage.controller.with_service_accounts(patterns());
    let attached = format!("{namespace} attached puller");
    stage
        .play(async {
            stage.until(&attached, 1).await;
            // Taken off, it is given back.
            let edit = json!({"imagePullSecrets": null});
            testbed.ask(Method::PATCH, &account, &edit).await;
            stage.until(&attached, 2).await;
        })
        .await;
    let object = testbed.object(&account).await;
    assert_eq!(object["imagePullSecrets"], json!([{"name": "pull"}]));
    assert_eq!(stage.count(&delivered), 0);
}
