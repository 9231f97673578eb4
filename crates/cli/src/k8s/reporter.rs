use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use k8s_sinks::kubernetes::{
    Error, Happened, Notice, OnForeign, Outcome, Regarding, SecretSpec, Severity, Witness,
};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::mpsc;

use super::delivery::word;
use crate::audit;

/// Says what a controller does: to the log, to whoever counts, and as events in
/// the cluster.
pub(crate) struct Reporter {
    secret: String,
    on_foreign: OnForeign,
    group: String,
    notices: mpsc::Sender<Notice>,
    durations: Durations,
    counts: Mutex<Counts>,
}

/// How long writes took, in seconds, by their group. A copy is the same one.
pub(crate) type Durations = Family<Vec<(&'static str, String)>, Histogram, fn() -> Histogram>;

/// What has happened since the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// By what came of it: `created`, …, `unchanged`, `refused`, `error`.
    pub(crate) writes: BTreeMap<&'static str, u64>,
    /// Secrets that somebody had changed or deleted.
    pub(crate) repairs: u64,
    /// Service accounts that got the Secret's name.
    pub(crate) attached: u64,
    /// Attempts to give it to one that failed.
    pub(crate) not_attached: u64,
}

impl Reporter {
    /// For such Secrets. Events go to `notices`, as long as there is
    /// room: nobody waits for them.
    pub(crate) fn new(
        spec: &SecretSpec,
        (notices, durations): (mpsc::Sender<Notice>, Durations),
    ) -> Self {
        Self {
            secret: spec.name().to_owned(),
            on_foreign: spec.on_foreign(),
            group: spec.config().to_owned(),
            notices,
            durations,
            counts: Mutex::default(),
        }
    }

    /// How long the writes of all groups took.
    pub(crate) fn durations(&self) -> &Durations {
        &self.durations
    }

    /// What has happened since the start.
    pub(crate) fn counts(&self) -> Counts {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.clone()
    }

    fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// `end` is when the contents end, where that is written down.
    fn delivered(&self, namespace: &str, (done, end): (Outcome, Option<&str>), is_repair: bool) {
        let (secret, outcome) = (self.secret.as_str(), word(done));
        self.count(|counts| {
            *counts.writes.entry(outcome).or_default() += 1;
            counts.repairs += u64::from(is_repair);
        });
        if done != Outcome::Unchanged {
            audit::secret_written(namespace, secret, outcome, end);
        }
        if is_repair {
            tracing::warn!(namespace, secret, outcome, "mended what others had changed");
            let note = "somebody had changed or deleted it";
            self.notice(namespace, (Severity::Normal, "Repaired"), note);
            return;
        }
        match done {
            Outcome::Adopted => {
                tracing::info!(namespace, secret, "took over a secret of somebody else");
                self.notice(namespace, (Severity::Normal, "Adopted"), self.adopted());
            }
            Outcome::Created => {
                tracing::info!(namespace, secret, "created the secret");
                let note = "with logins to its registries";
                self.notice(namespace, (Severity::Normal, "Created"), note);
            }
            // One for each namespace and rotation would bury the others.
            _ => tracing::debug!(namespace, secret, outcome, "wrote the secret"),
        }
    }

    /// Why it was right to take a Secret over.
    fn adopted(&self) -> &'static str {
        match self.on_foreign {
            OnForeign::Adopt => {
                "iamra keeps it from now on, as --on-foreign adopt wants, whatever it held"
            }
            _ => {
                "iamra keeps it from now on; it was of an earlier group of this configuration, or held \
                 nothing but logins to registries served here"
            }
        }
    }

    fn failed(&self, namespace: &str, error: &Error, again_in: Duration) {
        let (secret, kind) = (self.secret.as_str(), error.kind());
        let (result, reason) = match error {
            // It is on its way out, or another one leads by now.
            Error::Terminating { .. } | Error::Overtaken { .. } => {
                tracing::debug!(namespace, secret, kind, "{error}");
                return;
            }
            Error::Foreign { .. } | Error::WrongType { .. } | Error::Immutable { .. } => {
                ("refused", Some("ForeignSecret"))
            }
            Error::Denied { .. } => ("error", Some("Denied")),
            Error::Rejected { .. } => ("error", Some("Rejected")),
            _ => ("error", None),
        };
        self.count(|counts| *counts.writes.entry(result).or_default() += 1);
        if let Some(reason) = reason {
            self.notice(namespace, (Severity::Warning, reason), &error.to_string());
        }
        let again_in_seconds = again_in.as_secs();
        tracing::warn!(namespace, secret, kind, again_in_seconds, "{error}");
    }

    fn notice(&self, namespace: &str, (severity, reason): Kind, note: &str) {
        let regarding = Regarding {
            namespace: namespace.to_owned(),
            name: self.secret.clone(),
        };
        // A storm of them is not worth waiting for.
        let _ = self.notices.try_send(Notice {
            regarding,
            severity,
            reason,
            action: "Deliver",
            note: note.to_owned(),
        });
    }
}

impl Witness for Reporter {
    fn witness(&self, happened: &Happened<'_>) {
        match happened {
            Happened::Delivered {
                namespace,
                delivered,
                is_repair,
                took,
            } => {
                let group = vec![("group", self.group.clone())];
                let durations = self.durations.get_or_create(&group);
                durations.observe(took.as_secs_f64());
                drop(durations);
                let done = (delivered.outcome, delivered.seen.expires_at());
                self.delivered(namespace, done, *is_repair);
            }
            Happened::Failed {
                namespace,
                error,
                again_in,
            } => self.failed(namespace, error, *again_in),
            Happened::Attached { namespace, name } => {
                self.count(|counts| counts.attached += 1);
                tracing::info!(
                    namespace,
                    service_account = name,
                    "attached the pull secret"
                );
            }
            Happened::NotAttached {
                namespace,
                name,
                error,
            } => {
                // Who leads by now gives it the name.
                let is_failed = !matches!(error, Error::Overtaken { .. });
                self.count(|counts| counts.not_attached += u64::from(is_failed));
                tracing::warn!(namespace, service_account = name, "{error}");
            }
            Happened::Fight { namespace } => {
                let note =
                    "somebody else changes it again and again; it is left alone for ten minutes";
                tracing::warn!(namespace, secret = self.secret, "{note}");
                self.notice(namespace, (Severity::Warning, "Contended"), note);
            }
            Happened::Blind { what, error } => tracing::warn!("cannot watch {what}: {error}"),
            Happened::Synced => tracing::info!(secret = self.secret, "all targets are known"),
            _ => {}
        }
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter")
            .field("secret", &self.secret)
            .finish_non_exhaustive()
    }
}

/// For all groups of a process.
pub(crate) fn durations() -> Durations {
    Family::new_with_constructor(|| Histogram::new(BUCKETS))
}

/// How an event is called, and whether somebody should look.
type Kind = (Severity, &'static str);

/// Of an API server that is well, and of one that is not.
const BUCKETS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

#[cfg(test)]
mod tests;
