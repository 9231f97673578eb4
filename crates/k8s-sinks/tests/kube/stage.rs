use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8s_sinks::kubernetes::{
    Cluster, Content, Controller, Happened, Limits, OnForeign, Targets, Witness,
};
use tokio::sync::watch;

use crate::secrets::{content, sink_at};
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
            Happened::Attached { namespace, name } => format!("{namespace} attached {name}"),
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

/// A controller, and what it has told.
pub(crate) struct Stage {
    diary: Arc<Diary>,
    pub(crate) wanted: watch::Sender<Option<Arc<Content>>>,
    pub(crate) controller: Controller,
}

impl Stage {
    pub(crate) fn new(testbed: &Testbed, targets: Targets) -> Self {
        Self::at(testbed.cluster(), targets)
    }

    /// In front of a cluster.
    pub(crate) fn at(cluster: Cluster, targets: Targets) -> Self {
        let diary = Arc::new(Diary::default());
        let sink = sink_at(cluster.clone(), OnForeign::default());
        let witness: Arc<dyn Witness> = diary.clone();
        let controller = Controller::new(cluster, sink, targets, witness);
        Self {
            diary,
            wanted: watch::Sender::new(Some(Arc::new(content("1", "ecr:1")))),
            controller: controller.with_limits(Limits::new(0, 4)),
        }
    }

    /// Runs the controller for as long as the play takes.
    pub(crate) async fn play(&self, play: impl Future<Output = ()>) {
        tokio::select! {
            never = self.controller.run(self.wanted.subscribe()) => match never {},
            () = play => {}
        }
    }

    /// Waits until the diary has a line so often.
    pub(crate) async fn until(&self, line: &str, times: usize) {
        for _ in 0..600 {
            if self.diary.count(line) >= times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{line:?} is not {times} times in {:#?}", self.diary);
    }

    /// Waits until so many namespaces are targets.
    pub(crate) async fn until_targets(&self, targets: usize) {
        for _ in 0..600 {
            if self.controller.standing().targets == targets {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("not {targets}: {:?}", self.controller.standing());
    }

    /// How often the diary has this line.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.diary.count(line)
    }
}
