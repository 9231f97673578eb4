use std::sync::atomic::AtomicU64;
use std::time::UNIX_EPOCH;

use k8s_sinks::kubernetes::Standing;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::k8s::{Counts, GroupDaemon};
use crate::tally::Outcome;

type Label = (&'static str, String);
type Labels = Vec<Label>;

/// All metrics, made anew for each scrape. None has the namespace as a label:
/// there may be ten thousand.
pub(super) fn text(daemons: &[GroupDaemon<'_>], leads: bool) -> String {
    let mut registry = Registry::with_prefix("iamra");
    let leader = Gauge::<i64>::default();
    leader.set(i64::from(leads));
    registry.register(
        "leader",
        "Whether this replica is the one that writes",
        leader,
    );
    tokens(daemons, &mut registry);
    secrets(daemons, &mut registry);
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = encode(&mut text, &registry);
    text
}

fn tokens(daemons: &[GroupDaemon<'_>], registry: &mut Registry) {
    let expiry = Family::<Labels, Gauge<f64, AtomicU64>>::default();
    let requests = Family::<Labels, Counter>::default();
    for daemon in daemons {
        let group = ("group", daemon.group.spec.config().to_owned());
        let life = daemon.status().and_then(|status| status.lifetime);
        if let Some(life) = life {
            let end = life.end().duration_since(UNIX_EPOCH).unwrap_or_default();
            expiry
                .get_or_create(&vec![group.clone()])
                .set(end.as_secs_f64());
        }
        for outcome in Outcome::ALL {
            let labels = vec![
                group.clone(),
                ("result", outcome.label("obtained").to_owned()),
            ];
            requests
                .get_or_create(&labels)
                .inc_by(daemon.tally.of(outcome));
        }
    }
    registry.register_with_unit(
        "ecr_token_expiry",
        "When the tokens end that are handed out, in seconds since the epoch; absent while another replica leads",
        Unit::Seconds,
        expiry,
    );
    registry.register(
        "ecr_token_requests",
        "Attempts to obtain the tokens of a group, by what came of them",
        requests,
    );
}

/// What the Secrets of all groups come to.
#[derive(Default)]
struct Secrets {
    writes: Family<Labels, Counter>,
    repairs: Family<Labels, Counter>,
    attached: Family<Labels, Counter>,
    targets: Family<Labels, Gauge>,
    conflicts: Family<Labels, Gauge>,
    oldest: Family<Labels, Gauge<f64, AtomicU64>>,
}

fn secrets(daemons: &[GroupDaemon<'_>], registry: &mut Registry) {
    let secrets = Secrets::default();
    for daemon in daemons {
        let group = ("group", daemon.group.spec.config().to_owned());
        secrets.count(&group, daemon.reporter.counts());
        secrets.stand(&group, daemon.controller.standing());
    }
    if let Some(daemon) = daemons.first() {
        // All groups have the same one, with a label for each.
        registry.register_with_unit(
            "k8s_write_duration",
            "How long it took to write a Secret",
            Unit::Seconds,
            daemon.reporter.durations().clone(),
        );
    }
    secrets.register(registry);
}

impl Secrets {
    /// What was done.
    fn count(&self, group: &Label, counts: Counts) {
        // From the start: an increase is told from a first value.
        let failed = vec![group.clone(), ("result", "error".to_owned())];
        drop(self.writes.get_or_create(&failed));
        for (result, count) in counts.writes {
            let labels = vec![group.clone(), ("result", result.to_owned())];
            self.writes.get_or_create(&labels).inc_by(count);
        }
        let only = vec![group.clone()];
        self.repairs.get_or_create(&only).inc_by(counts.repairs);
        // Both from the start, too.
        let accounts = [
            ("attached", counts.attached),
            ("error", counts.not_attached),
        ];
        for (result, count) in accounts {
            let labels = vec![group.clone(), ("result", result.to_owned())];
            self.attached.get_or_create(&labels).inc_by(count);
        }
    }

    /// How they stand.
    fn stand(&self, group: &Label, standing: Standing) {
        let failed = standing.problems.values().sum();
        let states = [
            ("all", standing.targets),
            ("in-step", standing.in_step),
            ("failed", failed),
        ];
        for (state, count) in states {
            let labels = vec![group.clone(), ("state", state.to_owned())];
            self.targets.get_or_create(&labels).set(gauge(count));
        }
        let expiry = standing.oldest_expiry.as_deref();
        if let Some(Ok(expiry)) = expiry.map(str::parse::<jiff::Timestamp>) {
            let expiry = expiry.duration_since(jiff::Timestamp::UNIX_EPOCH);
            let only = vec![group.clone()];
            self.oldest.get_or_create(&only).set(expiry.as_secs_f64());
        }
        for (reason, count) in standing.problems {
            let labels = vec![group.clone(), ("reason", reason.to_owned())];
            self.conflicts.get_or_create(&labels).set(gauge(count));
        }
    }

    fn register(self, registry: &mut Registry) {
        registry.register_with_unit(
            "k8s_oldest_secret_expiry",
            "When the first of the tokens end that are in Secrets, in seconds since the epoch",
            Unit::Seconds,
            self.oldest,
        );
        registry.register(
            "k8s_secret_writes",
            "Secrets, by what was done with them",
            self.writes,
        );
        registry.register(
            "k8s_secret_repairs",
            "Secrets that were mended after somebody had changed or deleted them",
            self.repairs,
        );
        registry.register(
            "k8s_service_accounts_attached",
            "Attempts to give service accounts the name of the pull secret, by what came of them",
            self.attached,
        );
        registry.register(
            "k8s_targets",
            "Namespaces that are to have the Secret",
            self.targets,
        );
        registry.register(
            "k8s_secret_conflicts",
            "Namespaces that cannot have the Secret, by the reason",
            self.conflicts,
        );
    }
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
