use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Endpoint;

impl Endpoint {
    /// What these servers have done together.
    pub(crate) fn register<'a>(endpoints: impl Iterator<Item = &'a Self>, registry: &mut Registry) {
        let requests = Family::<[(&str, &str); 2], Counter>::default();
        let (mut live, mut tokens, mut crowded_out, mut timed_out) = (0, 0, 0, 0);
        for counters in endpoints.map(Self::counters) {
            for (entrance, outcome, count) in counters.each_request() {
                let labels = [("door", entrance.as_str()), ("outcome", outcome.as_str())];
                requests.get_or_create(&labels).inc_by(count);
            }
            live += counters.live_connections();
            tokens += counters.tokens_issued();
            crowded_out += counters.crowded_out_connections();
            timed_out += counters.timed_out_connections();
        }
        registry.register(
            "served_requests",
            "Requests for credentials, by the door that they came to and what came of them",
            requests,
        );
        let connections = Gauge::<i64>::default();
        connections.set(i64::try_from(live).unwrap_or(i64::MAX));
        registry.register(
            "served_connections",
            "Connections that are open",
            connections,
        );
        for (name, help, count) in [
            (
                "served_tokens",
                "Tokens of the metadata service that were issued",
                tokens,
            ),
            (
                "served_crowded_out",
                "Connections that were closed to make room for others",
                crowded_out,
            ),
            (
                "served_timed_out",
                "Connections that were closed because they said nothing for too long",
                timed_out,
            ),
        ] {
            let counter = Counter::<u64>::default();
            counter.inc_by(count);
            registry.register(name, help, counter);
        }
    }
}
