use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use k8s_sinks::kubernetes::{
    Content, Controller, Happened, Limits, OnForeign, Outcome, Pattern, Targets, Witness,
};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::secrets::{content, path, sink};
use crate::testbed::Testbed;

#[derive(Debug, Default)]
struct Diary(Mutex<Vec<String>>);

impl Witness for Diary {
    fn witness(&self, happened: &Happened<'_>) {
        let line = match happened {
            Happened::Delivered {
                namespace,
                delivered,
                is_repair,
                ..
            } => format!("{namespace} {:?} {is_repair}", delivered.outcome),
            Happened::Failed {
                namespace, error, ..
            } => format!("{namespace} {}", error.kind()),
            Happened::Fight { namespace } => format!("{namespace} fight"),
            Happened::Blind { what, error } => format!("{what}: {error}"),
            Happened::Synced => "synced".to_owned(),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(line);
    }
}

impl Diary {
    fn count(&self, line: &str) -> usize {
        let lines = self.0.lock().unwrap();
        lines.iter().filter(|it| *it == line).count()
    }
}

struct Stage {
    testbed: &'static Testbed,
    diary: Arc<Diary>,
    wanted: watch::Sender<Option<Arc<Content>>>,
    controller: Controller,
}

impl Stage {
    fn new(testbed: &'static Testbed, targets: Targets) -> Self {
        let diary = Arc::new(Diary::default());
        let sink = sink(testbed, OnForeign::default());
        let witness: Arc<dyn Witness> = diary.clone();
        let controller = Controller::new(testbed.cluster(), sink, targets, witness);
        Self {
            testbed,
            diary,
            wanted: watch::Sender::new(Some(Arc::new(content("1", "ecr:1")))),
            controller: controller.with_limits(Limits::new(0, 4)),
        }
    }

    /// Runs the controller for as long as the play takes.
    async fn play(&self, play: impl Future<Output = ()>) {
        tokio::select! {
            never = self.controller.run(self.wanted.subscribe()) => match never {},
            () = play => {}
        }
    }

    /// Waits until the diary has a line so often.
    async fn until(&self, line: &str, times: usize) {
        for _ in 0..600 {
            if self.diary.count(line) >= times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{line:?} is not {times} times in {:#?}", self.diary);
    }

    async fn login(&self, namespace: &str) -> Value {
        let object = self.testbed.object(&path(namespace)).await;
        object["data"]["login"].clone()
    }

    async fn edit(&self, namespace: &str, data: &str) {
        let edit = json!({"data": {"login": data}});
        let (status, said) = self
            .testbed
            .ask(Method::PATCH, &path(namespace), &edit)
            .await;
        assert_eq!(status, 200, "{said}");
    }

    async fn delete(&self, path: &str) {
        let (status, said) = self.testbed.ask(Method::DELETE, path, &Value::Null).await;
        assert_eq!(status, 200, "{said}");
    }
}

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
            stage.delete(&path(&first)).await;
            stage.until(&format!("{first} Created true"), 1).await;
            stage.edit(&second, "YmFk").await;
            stage.until(&format!("{second} Updated true"), 1).await;
            assert_eq!(stage.login(&second).await, "ZWNyOjE=");
            // Another content.
            stage
                .wanted
                .send_replace(Some(Arc::new(content("2", "ecr:2"))));
            stage.until(&format!("{first} Updated false"), 1).await;
            stage.until(&format!("{second} Updated false"), 1).await;
            assert_eq!(stage.login(&first).await, "ZWNyOjI=");
            let standing = stage.controller.standing();
            assert_eq!((standing.targets, standing.in_step), (2, 2));
            // One that has the label no more is a target no more.
            let edit = json!({"metadata": {"labels": {"team": null}}});
            let namespace = format!("/api/v1/namespaces/{first}");
            testbed.ask(Method::PATCH, &namespace, &edit).await;
            while stage.controller.standing().targets > 1 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            stage
                .wanted
                .send_replace(Some(Arc::new(content("3", "ecr:3"))));
            stage.until(&format!("{second} Updated false"), 2).await;
            assert_eq!(stage.login(&first).await, "ZWNyOjI=");
            // One that is deleted is dropped, without a word.
            stage.delete(&format!("/api/v1/namespaces/{second}")).await;
            while stage.controller.standing().targets > 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
    let (status, _) = testbed.ask(Method::GET, &path(&other), &Value::Null).await;
    assert_eq!(status, 404);
    assert_eq!(stage.diary.count("synced"), 1);
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
            stage.delete(&path(&namespace)).await;
            while stage.controller.is_idle() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    let (status, _) = testbed
        .ask(Method::GET, &path(&namespace), &Value::Null)
        .await;
    assert_eq!(status, 404);
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
                stage.edit(&namespace, "YmFk").await;
                stage
                    .until(&format!("{namespace} Updated true"), round)
                    .await;
            }
            stage.until(&fight, 1).await;
            // What comes now stays for a while.
            stage.edit(&namespace, "bGFzdA==").await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert_eq!(stage.login(&namespace).await, "bGFzdA==");
            let problems = stage.controller.problems();
            assert_eq!(problems[0].1.kind, "fight");
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
            assert_eq!(stage.login(&namespace).await, "eA==");
            assert_eq!(stage.controller.standing().problems["foreign"], 1);
            stage.delete(&path(&namespace)).await;
            stage.until(&format!("{namespace} Created false"), 1).await;
            assert!(stage.controller.standing().problems.is_empty());
        })
        .await;
    let created = format!("{namespace} {:?} false", Outcome::Created);
    assert_eq!(stage.diary.count(&created), 1);
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
