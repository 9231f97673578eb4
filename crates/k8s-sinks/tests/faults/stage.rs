use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use destination::{Destination, HttpClient};
use k8s_sinks::kubernetes::{
    Cluster, Content, Controller, Happened, Limits, NoAuthorization, SecretSink, SecretSpec,
    Targets, Witness,
};
use refresh::Lifetime;
use serde_json::json;
use tokio::sync::watch;

use crate::hasty_clock::HastyClock;
use crate::one_value::OneValue;
use crate::script::{Answer, End, Script, list};

#[derive(Debug, Default)]
struct Diary(Mutex<Vec<String>>);

impl Witness for Diary {
    fn witness(&self, happened: &Happened<'_>) {
        let line = match happened {
            Happened::Delivered {
                namespace,
                delivered,
                ..
            } => format!("delivered {namespace} {:?}", delivered.outcome),
            Happened::Failed {
                namespace, error, ..
            } => format!("failed {namespace}: {}", error.kind()),
            Happened::Blind { what, error } => format!("blind {what}: {}", error.kind()),
            Happened::Synced => "synced".to_owned(),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(line);
    }
}

/// A controller in front of a script: namespaces by a selector.
pub(crate) struct Stage {
    pub(crate) script: Script,
    pub(crate) controller: Controller,
    diary: Arc<Diary>,
    wanted: watch::Sender<Option<Arc<Content>>>,
}

impl Stage {
    /// There is no namespace and no Secret; all watches last, and all is created
    /// that is to be.
    pub(crate) async fn new() -> Self {
        Self::below("").await
    }

    pub(crate) async fn below(prefix: &'static str) -> Self {
        let script = Script::below(prefix).await;
        for request in [NAMESPACES, SECRETS] {
            script.on(request, [list(1, None, &[])]);
        }
        for request in [NAMESPACE_WATCH, SECRET_WATCH] {
            script.on(request, [Answer::Events(Vec::new(), End::Never)]);
        }
        let created = json!({"metadata": {"uid": "u", "resourceVersion": "100"}});
        script.on("POST *", [Answer::Is(created)]);

        let destination = Destination {
            timeout: Duration::from_secs(10),
            ..Destination::default()
        };
        let http = HttpClient::new(destination).unwrap();
        let cluster = Cluster::new(http, script.base(), Arc::new(NoAuthorization));
        let cluster = cluster.with_clock(Arc::new(HastyClock::new()));
        let spec = Arc::new(SecretSpec::new("pull", "tests", Arc::new(OneValue("login"))).unwrap());
        let sink = SecretSink::new(cluster.clone(), spec);
        let targets = Targets::new().with_selector("team");
        let diary = Arc::new(Diary::default());
        let controller = Controller::new(cluster, sink, targets, diary.clone());
        Self {
            script,
            controller: controller.with_limits(Limits::new(0, 4)),
            diary,
            wanted: watch::Sender::new(Some(Arc::new(content()))),
        }
    }

    /// Runs the controller until the diary has these lines.
    pub(crate) async fn until(&self, lines: &[&str]) {
        self.plays(async {
            while lines.iter().any(|line| self.count(line) == 0) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await;
    }

    /// Runs it for as long as the play takes.
    pub(crate) async fn plays(&self, play: impl Future<Output = ()>) {
        let play = tokio::time::timeout(Duration::from_secs(30), play);
        tokio::select! {
            never = self.controller.run(self.wanted.subscribe()) => match never {},
            ended = play => assert!(ended.is_ok(), "{:#?}", self.diary),
        }
    }

    pub(crate) fn count(&self, line: &str) -> usize {
        let lines = self.diary.0.lock().unwrap();
        lines.iter().filter(|it| *it == line).count()
    }

    pub(crate) fn targets(&self) -> usize {
        self.controller.standing().targets
    }
}

fn content() -> Content {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let data = BTreeMap::from([("login".to_owned(), b"x".to_vec().into())]);
    let lifetime = Lifetime::new(start, start + Duration::from_hours(12));
    Content::new("1".to_owned(), lifetime, data)
}

pub(crate) const NAMESPACES: &str = "GET /api/v1/namespaces?*limit=*";
pub(crate) const NAMESPACE_WATCH: &str = "GET /api/v1/namespaces?*watch=true*";
pub(crate) const SECRETS: &str = "GET /api/v1/secrets?*limit=*";
pub(crate) const SECRET_WATCH: &str = "GET /api/v1/secrets?*watch=true*";
