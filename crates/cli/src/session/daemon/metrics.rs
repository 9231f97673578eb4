use std::sync::atomic::AtomicU64;
use std::time::UNIX_EPOCH;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::SessionDaemon;
use crate::tally::Outcome;

type Labels = Vec<(&'static str, String)>;
type Seconds = Family<Labels, Gauge<f64, AtomicU64>>;

impl SessionDaemon {
    /// Registers the metrics of these sessions: one family each for all.
    pub(crate) fn register<'a>(sessions: impl Iterator<Item = &'a Self>, registry: &mut Registry) {
        let (expires, left, certificate) = <(Seconds, Seconds, Seconds)>::default();
        let attempts = Family::<Labels, Counter>::default();
        let misses = Family::<Labels, Gauge>::default();
        for session in sessions {
            session.fill_times(&expires, &left, &certificate);
            session.fill_attempts(&attempts, &misses);
        }
        let seconds = [
            (
                "session_expires_timestamp",
                "When the session ends",
                expires,
            ),
            (
                "session_outage_budget",
                "How long AWS may be away until there is no valid session",
                left,
            ),
            (
                "certificate_outage_budget",
                "How long whoever replaces the certificate may be away until no session can be opened",
                certificate,
            ),
        ];
        for (name, help, family) in seconds {
            registry.register_with_unit(name, help, Unit::Seconds, family);
        }
        registry.register(
            "session_attempts",
            "Attempts to open a session, by what came of them",
            attempts,
        );
        registry.register(
            "session_misses",
            "Attempts in a row that brought no fresh session",
            misses,
        );
    }

    fn fill_times(&self, expires: &Seconds, left: &Seconds, certificate: &Seconds) {
        let lifetime = self.status().lifetime;
        let remaining = lifetime.map(|lifetime| lifetime.remaining(self.clock.now()));
        let remaining = remaining.unwrap_or_default().as_secs_f64();
        left.get_or_create(&self.labels()).set(remaining);
        if let Some(lifetime) = lifetime {
            let end = lifetime
                .end()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            expires.get_or_create(&self.labels()).set(end.as_secs_f64());
        }
        let keeper = self.source().keeper();
        if let Some(left) = keeper.and_then(|keeper| keeper.identity().remaining()) {
            let gauge = certificate.get_or_create(&self.labels());
            gauge.set(left.as_secs_f64());
        }
    }

    fn fill_attempts(&self, attempts: &Family<Labels, Counter>, misses: &Family<Labels, Gauge>) {
        for outcome in Outcome::ALL {
            let mut labels = self.labels();
            labels.push(("outcome", outcome.label("opened").to_owned()));
            let counter = attempts.get_or_create(&labels);
            counter.inc_by(self.source().tally.of(outcome));
        }
        let gauge = misses.get_or_create(&self.labels());
        gauge.set(self.status().misses.into());
    }

    fn labels(&self) -> Labels {
        let name = self.name.clone().unwrap_or_else(|| "default".to_owned());
        vec![("session", name)]
    }
}
