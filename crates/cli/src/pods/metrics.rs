use credential_server::CredentialServer;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::PodBroker;
use crate::serve;

/// What an agent has done so far.
pub(super) fn register(server: &CredentialServer<PodBroker>, registry: &mut Registry) {
    serve::register_counters(&[server.counters()], registry);
    let accounts = Gauge::<i64>::default();
    accounts.set(i64::try_from(server.broker().accounts()).unwrap_or(i64::MAX));
    let help = "Service accounts whose pods have asked";
    registry.register("pod_accounts", help, accounts);
}
