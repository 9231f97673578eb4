use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Endpoint;

impl Endpoint {
    /// What the server has done.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let counters = self.counters();
        let requests = Family::<[(&str, &str); 2], Counter>::default();
        for (entrance, outcome, count) in counters.each_request() {
            let labels = [("door", entrance.as_str()), ("outcome", outcome.as_str())];
            requests.get_or_create(&labels).inc_by(count);
        }
        registry.register(
            "served_requests",
            "Requests for credentials, by the door that they came to and what came of them",
            requests,
        );
        let connections = Gauge::<i64>::default();
        connections.set(i64::try_from(counters.live_connections()).unwrap_or(i64::MAX));
        registry.register(
            "served_connections",
            "Connections that are open",
            connections,
        );
        for (name, help, count) in [
            (
                "served_tokens",
                "Tokens of the metadata service that were issued",
                counters.tokens_issued(),
            ),
            (
                "served_crowded_out",
                "Connections that were closed to make room for others",
                counters.crowded_out_connections(),
            ),
            (
                "served_timed_out",
                "Connections that were closed because they said nothing for too long",
                counters.timed_out_connections(),
            ),
        ] {
            let counter = Counter::<u64>::default();
            counter.inc_by(count);
            registry.register(name, help, counter);
        }
    }
}
