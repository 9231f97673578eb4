use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use k8s_sinks::kubernetes::{Error, Happened, Notice, Outcome, Regarding, Severity, Witness};
use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::mpsc;

use super::delivery::word;

/// Says what a controller does: to the log, to whoever counts, and as events in
/// the cluster.
pub(crate) struct Reporter {
    secret: String,
    notices: mpsc::Sender<Notice>,
    counts: Mutex<Counts>,
}

/// How long writes took. A copy is the same one.
#[derive(Clone, Debug)]
pub(crate) struct Durations(pub(crate) Histogram);

impl Default for Durations {
    fn default() -> Self {
        Self(Histogram::new(BUCKETS))
    }
}

/// What has happened since the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// By what came of it: `created`, …, `unchanged`, `error`.
    pub(crate) writes: BTreeMap<&'static str, u64>,
    /// Secrets that somebody had changed or deleted.
    pub(crate) repairs: u64,
    /// Service accounts that got the Secret's name.
    pub(crate) attached: u64,
    /// How long writes took, in seconds.
    pub(crate) durations: Durations,
}

impl Reporter {
    /// For the Secrets of this name. Events go to `notices`, as long as there is
    /// room: nobody waits for them.
    pub(crate) fn new(secret: &str, notices: mpsc::Sender<Notice>) -> Self {
        Self {
            secret: secret.to_owned(),
            notices,
            counts: Mutex::default(),
        }
    }

    /// What has happened since the start.
    pub(crate) fn counts(&self) -> Counts {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.clone()
    }

    fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn delivered(&self, namespace: &str, outcome: Outcome, is_repair: bool) {
        let (secret, outcome_word) = (self.secret.as_str(), word(outcome));
        self.count(|counts| {
            *counts.writes.entry(outcome_word).or_default() += 1;
            counts.repairs += u64::from(is_repair);
        });
        if is_repair {
            tracing::warn!(
                namespace,
                secret,
                outcome = outcome_word,
                "mended what others had changed"
            );
            let note = "somebody had changed or deleted it";
            self.notice(namespace, (Severity::Normal, "Repaired"), note);
            return;
        }
        match outcome {
            Outcome::Adopted => {
                tracing::info!(namespace, secret, "took over a secret of another tool");
                let note = "iamra keeps it from now on; it held nothing but logins to registries served here";
                self.notice(namespace, (Severity::Normal, "Adopted"), note);
            }
            Outcome::Created => {
                tracing::info!(namespace, secret, "created the secret");
                self.notice(
                    namespace,
                    (Severity::Normal, "Created"),
                    "with logins to its registries",
                );
            }
            // One for each namespace and rotation would bury the others.
            _ => tracing::debug!(
                namespace,
                secret,
                outcome = outcome_word,
                "wrote the secret"
            ),
        }
    }

    fn failed(&self, namespace: &str, error: &Error, again_in: Duration) {
        self.count(|counts| *counts.writes.entry("error").or_default() += 1);
        let (secret, kind) = (self.secret.as_str(), error.kind());
        let again_in_seconds = again_in.as_secs();
        match error {
            // It is on its way out.
            Error::Terminating { .. } => return,
            Error::Foreign { .. } | Error::WrongType { .. } | Error::Immutable { .. } => {
                let reason = "ForeignSecret";
                self.notice(namespace, (Severity::Warning, reason), &error.to_string());
            }
            _ => {}
        }
        tracing::warn!(namespace, secret, kind, again_in_seconds, "{error}");
    }

    fn notice(&self, namespace: &str, (severity, reason): Kind, note: &str) {
        let regarding = Regarding::Secret {
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
                self.count(|counts| counts.durations.0.observe(took.as_secs_f64()));
                self.delivered(namespace, delivered.outcome, *is_repair);
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
            } => tracing::warn!(namespace, service_account = name, "{error}"),
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

/// How an event is called, and whether somebody should look.
type Kind = (Severity, &'static str);

/// Of an API server that is well, and of one that is not.
const BUCKETS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
