use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube::core::params::{Patch, PatchParams, PostParams};
use serde::Deserialize;

use self::event_document::{posted, series};
use self::recent::Recent;
use super::Error;
use super::cluster::{Call, Cluster};
use super::resource::EVENTS;

mod event_document;
mod notice;
mod recent;

pub use self::notice::{Notice, Regarding, Severity};

/// Tells people what was done, where they look first: `kubectl describe`.
///
/// What happens again within six minutes is counted in the event that is there
/// already (its `series`), as the
/// [convention](https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/)
/// wants it. Events are best effort: each is tried once, and an error concerns
/// nothing but the event.
pub struct Events {
    cluster: Cluster,
    instance: String,
    recent: Mutex<Recent>,
}

impl Events {
    /// Events of this replica: the pod's name as a rule, 128 bytes at most.
    pub fn new(cluster: Cluster, reporting_instance: &str) -> Result<Self, Error> {
        if reporting_instance.is_empty() || reporting_instance.len() > LONGEST_INSTANCE {
            return Err(Error::Invalid {
                what: "reporting instance",
                value: reporting_instance.to_owned(),
                reason: format!("from 1 to {LONGEST_INSTANCE} bytes"),
            });
        }
        Ok(Self {
            cluster,
            instance: reporting_instance.to_owned(),
            recent: Mutex::default(),
        })
    }

    /// Posts an event, or counts it in the one that says the same.
    pub async fn post(&self, notice: &Notice) -> Result<(), Error> {
        let now = self.cluster.clock().now();
        let known = self.recent().find(&notice.key(), now);
        if let Some((name, count)) = known {
            match self.count(notice, &name, count + 1).await {
                // The server keeps them for an hour as a rule.
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
                Ok(()) => {
                    self.recent().counted(&notice.key(), now);
                    return Ok(());
                }
            }
        }
        let name = self.create(notice).await?;
        self.recent().insert(notice.key(), name, now);
        Ok(())
    }

    async fn create(&self, notice: &Notice) -> Result<String, Error> {
        let namespace = Some(&*notice.regarding.namespace);
        let body = posted(notice, &self.instance, self.cluster.clock().now());
        let request = EVENTS.requests(namespace);
        let request = request.create(&PostParams::default(), body.to_string().into_bytes());
        let call = Call::new(EVENTS.right("create", namespace, None), request)?;
        let answer = self.cluster.once_within(&call, WITHIN).await?;
        let made: Made = call.parsed(&answer)?;
        Ok(made.metadata.name)
    }

    async fn count(&self, notice: &Notice, name: &str, count: u32) -> Result<(), Error> {
        let namespace = Some(&*notice.regarding.namespace);
        let body = series(count, self.cluster.clock().now());
        let request = EVENTS.requests(namespace);
        let request = request.patch(name, &PatchParams::default(), &Patch::Merge(body));
        let call = Call::new(EVENTS.right("patch", namespace, None), request)?;
        self.cluster.once_within(&call, WITHIN).await.map(drop)
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("instance", &self.instance)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Made {
    metadata: Named,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// Nobody waits for an event.
const WITHIN: Duration = Duration::from_secs(5);

const LONGEST_INSTANCE: usize = 128;
