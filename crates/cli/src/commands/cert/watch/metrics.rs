use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::{Watch, report};
use crate::daemon::Monitored;
use crate::refreshed;
use crate::tally::Outcome;

impl Monitored for Watch {
    fn readiness(&self) -> Result<(), String> {
        let status = self.kept.status();
        if !refreshed::is_usable(&status) {
            return Err(report::line(&status));
        }
        if !self.is_there.load(Ordering::Relaxed) {
            return Err("the certificate is no longer in its folder".to_owned());
        }
        Ok(())
    }

    /// Made anew for each scrape: most of it depends on the time.
    fn metrics(&self) -> String {
        let mut registry = Registry::with_prefix("iamra");
        self.register_ends(&mut registry);
        self.register_refreshes(&mut registry);
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &registry);
        text
    }
}

impl Watch {
    fn register_ends(&self, registry: &mut Registry) {
        let delivered = self.kept.source().delivered();
        let facts = delivered.as_ref();
        let not_after = facts.map(|facts| facts.not_after);
        for (name, help, time) in [
            (
                "certificate_not_after_timestamp",
                "When the certificate on disk ends",
                not_after,
            ),
            (
                "issuer_not_after_timestamp",
                "When the certificate of its issuer ends",
                facts.and_then(|facts| facts.issuer_not_after),
            ),
            (
                "ca_not_after_timestamp",
                "When the uppermost CA ends that Vault has served",
                facts.and_then(|facts| facts.ca_not_after),
            ),
        ] {
            if let Some(time) = time {
                seconds(registry, (name, help), since_epoch(time));
            }
        }
        let left = not_after.map(|end| end.duration_since(self.clock.now()).unwrap_or_default());
        seconds(
            registry,
            (
                "outage_budget",
                "How long Vault may be away until there is no valid certificate",
            ),
            left.unwrap_or_default().as_secs_f64(),
        );
    }

    fn register_refreshes(&self, registry: &mut Registry) {
        let refreshes = Family::<[(&str, &str); 1], Counter>::default();
        for outcome in Outcome::ALL {
            let count = self.kept.source().tally.of(outcome);
            let labels = [("outcome", outcome.label("issued"))];
            refreshes.get_or_create(&labels).inc_by(count);
        }
        registry.register(
            "certificate_refreshes",
            "Attempts to have another certificate, by what came of them",
            refreshes,
        );
        let misses = Gauge::<i64>::default();
        misses.set(self.kept.status().misses.into());
        registry.register(
            "certificate_refresh_misses",
            "Attempts in a row that brought no fresh certificate",
            misses,
        );
    }
}

fn seconds(registry: &mut Registry, (name, help): (&str, &str), value: f64) {
    let gauge = Gauge::<f64, AtomicU64>::default();
    gauge.set(value);
    registry.register_with_unit(name, help, Unit::Seconds, gauge);
}

fn since_epoch(time: SystemTime) -> f64 {
    let since = time.duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}
