use credential_server::Counters;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Endpoint;

impl Endpoint {
    /// What these servers have done together.
    pub(crate) fn register<'a>(endpoints: impl Iterator<Item = &'a Self>, registry: &mut Registry) {
        let counters: Vec<&Counters> = endpoints.map(Self::counters).collect();
        register(&counters, registry);
    }
}

/// What servers have counted, together.
pub(crate) fn register(counters: &[&Counters], registry: &mut Registry) {
    registry.register(
        "served_requests",
        "Requests for credentials, by the door that they came to and what came of them",
        requests(counters),
    );
    let live: u64 = counters.iter().map(|it| it.live_connections()).sum();
    let connections = Gauge::<i64>::default();
    connections.set(i64::try_from(live).unwrap_or(i64::MAX));
    let help = "Connections that are open";
    registry.register("served_connections", help, connections);
    for (name, help, of) in COUNTS {
        let counter = Counter::<u64>::default();
        counter.inc_by(counters.iter().map(|counters| of(counters)).sum());
        registry.register(*name, *help, counter);
    }
}

fn requests(counters: &[&Counters]) -> Family<[(&'static str, &'static str); 2], Counter> {
    let requests = Family::<[(&str, &str); 2], Counter>::default();
    for (entrance, outcome, count) in counters.iter().flat_map(|it| it.each_request()) {
        let labels = [("door", entrance.as_str()), ("outcome", outcome.as_str())];
        requests.get_or_create(&labels).inc_by(count);
    }
    requests
}

type Count = (&'static str, &'static str, fn(&Counters) -> u64);

const COUNTS: &[Count] = &[
    (
        "served_tokens",
        "Tokens of the metadata service that were issued",
        Counters::tokens_issued,
    ),
    (
        "served_crowded_out",
        "Connections that were closed to make room for others",
        Counters::crowded_out_connections,
    ),
    (
        "served_timed_out",
        "Connections that were closed because they said nothing for too long",
        Counters::timed_out_connections,
    ),
];
