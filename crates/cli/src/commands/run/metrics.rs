use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{Plan, Reloads};
use crate::daemon::Monitored;
use crate::profile_sink::ProfileSink;
#[cfg(feature = "serve")]
use crate::serve::Endpoint;
use crate::session::SessionDaemon;

impl Monitored for (&Plan, &Reloads) {
    fn readiness(&self) -> Result<(), String> {
        let mut sessions = self.0.sessions.values();
        sessions.try_for_each(|session| session.part.readiness())?;
        let mut profiles = self.0.sinks.profiles();
        profiles.try_for_each(ProfileSink::readiness)
    }

    /// Made anew for each scrape: most of it depends on the time.
    fn metrics(&self) -> String {
        let (plan, reloads) = self;
        let mut registry = Registry::with_prefix("iamra");
        let sessions = plan.sessions.values().map(|session| &*session.part);
        SessionDaemon::register(sessions, &mut registry);
        ProfileSink::register(plan.sinks.profiles(), &mut registry);
        #[cfg(feature = "serve")]
        Endpoint::register(plan.endpoints(), &mut registry);
        register(reloads, &mut registry);
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &registry);
        text
    }
}

fn register(reloads: &Reloads, registry: &mut Registry) {
    let family = Family::<[(&str, &str); 1], Counter>::default();
    for (outcome, count) in reloads.counts() {
        family.get_or_create(&[("outcome", outcome)]).inc_by(count);
    }
    let help = "How often the config file was read again, by what came of it";
    registry.register("config_reloads", help, family);
    let current = Gauge::<i64>::default();
    current.set(i64::from(reloads.is_current()));
    let help = "Whether what runs is what the config file says";
    registry.register("config_is_current", help, current);
}
