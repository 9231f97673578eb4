use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Sleep, sleep};

use super::Cluster;
use super::selection::Selection;
use super::status::Status;
use super::world::Event;
use crate::RequestParts;

/// The changes of what is selected, line by line, until the time is over that was
/// asked for.
pub(crate) struct Watch {
    /// None once it is over.
    next: Option<Next>,
}

/// The next lines, and what comes after them.
type Next = Pin<Box<dyn Future<Output = Option<(Bytes, Following)>> + Send>>;

impl Watch {
    /// Begins after the version that was asked for; without one, with all that
    /// there is.
    pub(super) fn begin(
        cluster: &Arc<Cluster>,
        selection: Selection,
        request: &RequestParts,
    ) -> Result<Self, Status> {
        let asked = Asked::read(request)?;
        let following = Following {
            version: cluster.watch(),
            cluster: Arc::clone(cluster),
            selection,
            seen: asked.version,
            end: Box::pin(sleep(asked.timeout)),
            is_over: false,
        };
        Ok(Self {
            next: Some(Box::pin(following.next())),
        })
    }

    /// The next lines; none at the end.
    pub(crate) fn poll_lines(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(next) = &mut self.next else {
            return Poll::Ready(None);
        };
        let ready = ready!(next.as_mut().poll(context));
        let (lines, following) = ready.unzip();
        self.next = following.map(|following| Box::pin(following.next()) as Next);
        Poll::Ready(lines)
    }
}

/// What a watch asks for.
struct Asked {
    /// None for all that there is.
    version: Option<u64>,
    timeout: Duration,
}

impl Asked {
    fn read(request: &RequestParts) -> Result<Self, Status> {
        let mut asked = Self {
            version: None,
            timeout: LONGEST,
        };
        for (name, value) in request.query_parameters() {
            let number = || {
                let number = value.parse::<u64>();
                number.map_err(|_| Status::bad_request(format!("{name} is no number: {value}")))
            };
            match name.as_str() {
                "resourceVersion" if !value.is_empty() => {
                    asked.version = Some(number()?).filter(|version| *version != 0);
                }
                "timeoutSeconds" => asked.timeout = Duration::from_secs(number()?).min(LONGEST),
                _ => {}
            }
        }
        Ok(asked)
    }
}

/// The longest watch.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// A watch that is under way.
struct Following {
    cluster: Arc<Cluster>,
    selection: Selection,
    /// The version up to which everything was told; none before the beginning.
    seen: Option<u64>,
    version: watch::Receiver<u64>,
    end: Pin<Box<Sleep>>,
    is_over: bool,
}

impl Following {
    /// Waits for lines.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        while !self.is_over {
            let lines = self.lines();
            if !lines.is_empty() {
                return Some((lines.into(), self));
            }
            tokio::select! {
                changed = self.version.changed() => self.is_over = changed.is_err(),
                () = &mut self.end => self.is_over = true,
            }
        }
        None
    }

    /// What has happened meanwhile.
    fn lines(&mut self) -> String {
        let world = self.cluster.world();
        let now = world.version();
        let Some(seen) = self.seen.replace(now) else {
            let namespace = self.selection.namespace.as_deref();
            let all = world.all(self.selection.kind, namespace);
            let selected = all.filter(|object| self.selection.has(object));
            return selected
                .map(|object| line(Event::Added.name(), &object.document()))
                .collect();
        };
        let Ok(changes) = world.since(seen) else {
            self.is_over = true;
            return line("ERROR", &Status::expired(seen, now).document());
        };
        changes
            .filter(|change| self.selection.has(&change.object))
            .map(|change| line(change.event.name(), &change.object.document()))
            .collect()
    }
}

impl Event {
    fn name(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

fn line(event: &str, object: &Value) -> String {
    format!("{}\n", json!({"type": event, "object": object}))
}
