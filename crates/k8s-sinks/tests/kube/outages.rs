use std::time::Duration;

use http::Method;
use k8s_sinks::kubernetes::{Limits, Targets};
use serde_json::{Value, json};

use crate::proxy::Proxy;
use crate::secrets::path;
use crate::stage::Stage;
use crate::testbed::Testbed;

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn watches_that_are_cut_miss_nothing() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let labels = json!({"team": "cut"});
    let first = testbed.namespace(labels.clone()).await;
    let proxy = Proxy::start(testbed.base()).await;
    let targets = Targets::new().with_selector("team=cut");
    let stage = Stage::at(testbed.cluster_at(proxy.base()), targets);
    stage
        .play(async {
            stage.until(&format!("{first} Created false"), 1).await;
            for round in 1..=3 {
                proxy.sever();
                testbed.delete(&path(&first)).await;
                let later = testbed.namespace(labels.clone()).await;
                stage.until(&format!("{later} Created false"), 1).await;
                stage.until(&format!("{first} Created true"), round).await;
            }
        })
        .await;
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn an_apiserver_that_is_killed_and_comes_back_is_served_on() {
    let Some(testbed) = Testbed::start() else {
        return;
    };
    let namespace = testbed.namespace(json!({"team": "a"})).await;
    let targets = Targets::new().with_selector("team=a");
    let stage = Stage::new(&testbed, targets);
    let created = format!("{namespace} Created false");
    stage
        .play(async {
            stage.until(&created, 1).await;
            let killed = testbed.kill();
            // Nothing is known of it for a while, and nothing is forgotten.
            tokio::time::sleep(Duration::from_secs(3)).await;
            assert_eq!(stage.controller.standing().in_step, 1);
            let testbed = killed.revive();
            testbed.edit(&namespace, "YmFk").await;
            let later = testbed.namespace(json!({"team": "a"})).await;
            stage.until(&format!("{later} Created false"), 1).await;
            stage.until(&format!("{namespace} Updated true"), 1).await;
            assert_eq!(testbed.login(&namespace).await, "ZWNyOjE=");
        })
        .await;
    assert_eq!(stage.count(&created), 1);
}

/// Many are deleted and edited at once, again and again: at the end all is well,
/// with no more writes than changes.
#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_storm_ends_with_all_secrets_as_they_should_be() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let mut names = Vec::new();
    for _ in 0..NAMESPACES {
        names.push(testbed.namespace(json!({"team": "storm"})).await);
    }
    let mut stage = Stage::new(testbed, Targets::new().with_selector("team=storm"));
    stage.controller = stage.controller.with_limits(Limits::new(0, 16));
    stage
        .play(async {
            for name in &names {
                stage.until(&format!("{name} Created false"), 1).await;
            }
            for round in 0..3 {
                let changes = names.iter().enumerate().map(async |(number, name)| {
                    // It may not be back yet.
                    if (number + round) % 2 == 0 {
                        testbed.ask(Method::DELETE, &path(name), &Value::Null).await;
                    } else {
                        let edit = json!({"data": {"login": "YmFk"}});
                        testbed.ask(Method::PATCH, &path(name), &edit).await;
                    }
                });
                futures_util::future::join_all(changes).await;
            }
            for name in &names {
                for _ in 0..200 {
                    let (status, secret) =
                        testbed.ask(Method::GET, &path(name), &Value::Null).await;
                    if status == 200 && secret["data"]["login"] == "ZWNyOjE=" {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                assert_eq!(testbed.login(name).await, "ZWNyOjE=", "{name}");
            }
        })
        .await;
    let standing = stage.controller.standing();
    assert_eq!(
        (standing.targets, standing.in_step),
        (NAMESPACES, NAMESPACES)
    );
    for name in &names {
        let repairs = ["Created", "Updated"].map(|how| stage.count(&format!("{name} {how} true")));
        assert!(repairs.iter().sum::<usize>() <= 3, "{name} {repairs:?}");
    }
}

const NAMESPACES: usize = 60;
