use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

/// What became of the pods that we were asked about.
#[derive(Debug, Default)]
pub(super) struct Counts([AtomicU64; Outcome::ALL.len()]);

/// What became of one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// It has what it lacked.
    Injected,
    /// It stays as it is.
    Untouched,
    /// Nobody could be asked whether it has a role.
    Missed,
    /// There was no such question, or the pod's account cannot have a role.
    Invalid,
}

impl Outcome {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Injected, "injected"),
        (Self::Untouched, "untouched"),
        (Self::Missed, "missed"),
        (Self::Invalid, "invalid"),
    ];
}

impl Counts {
    pub(super) fn count(&self, outcome: Outcome) {
        self.0[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How many came to that.
    pub(super) fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize].load(Ordering::Relaxed)
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let reviews = Family::<[(&str, &str); 1], Counter>::default();
        for (outcome, name) in Outcome::ALL {
            let counter = reviews.get_or_create(&[("outcome", name)]);
            counter.inc_by(self.of(outcome));
        }
        let help = "Pods that API servers have asked about, by what became of them";
        registry.register("webhook_reviews", help, reviews);
    }
}

/// When the certificate ends that API servers are shown.
pub(super) fn register_end(ends_at: Option<SystemTime>, registry: &mut Registry) {
    let since = ends_at.and_then(|end| end.duration_since(SystemTime::UNIX_EPOCH).ok());
    let Some(since) = since else { return };
    let gauge = Gauge::<i64>::default();
    gauge.set(i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
    registry.register_with_unit(
        "webhook_certificate_expires_timestamp",
        "When the certificate ends that API servers are shown",
        Unit::Seconds,
        gauge,
    );
}
