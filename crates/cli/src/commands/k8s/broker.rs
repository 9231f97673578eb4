use std::sync::Arc;

use clap::Command;
use http::HeaderMap;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::commands::verb;
use crate::context::Context;
use crate::daemon::{Monitor, Monitored, Page, Request, Signals, metrics_address, service_manager};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::k8s::Access;
use crate::pods::{BROKER_ROLE, Plan, PodBroker, PodEndpoint, Siblings, Transport};
use crate::setting::{with_named, with_settings_but};
use crate::settings;

pub(crate) fn command() -> Command {
    verb(
        "broker",
        "Hold the sessions of a cluster's service accounts for the agents on its nodes",
        |command| {
            let groups = [
                &settings::POD_IDENTITY,
                &settings::POD_TOKENS,
                &settings::BROKERS,
                &settings::OWN_CERTIFICATE,
                &settings::CLUSTER,
                &settings::AWS_CONNECTION,
                &settings::VAULT_CONNECTION,
                &settings::PROXIES,
                &settings::MONITOR,
            ];
            let command = with_settings_but(command, &groups, &BUT);
            let command = with_named(command, &settings::NAMED_BY_PODS);
            with_named(command, NAMED)
        },
    )
    .long_about(ABOUT)
}

/// Agents have counted their callers already.
const BUT: [&str; 2] = ["caller-rate", settings::UNHEEDED_BY_PODS[0]];

/// The same for this verb alone.
const NAMED: &[&str] = &["jwt-file", "listen"];

const ABOUT: &str = "\
Agents pass the tokens of their pods on to a broker, over TLS in which both sides show certificates. It \
verifies them itself, and holds one certificate and one session for each service account of the cluster, \
in memory: CreateSession has a quota, and a cluster has many nodes.

Two replicas or more share the accounts. Where --broker-service says of whom, they share the quota, too, \
and another one has a copy of each session: when one is gone, the others take over what it held, AWS is \
not asked again, and nothing else moves.";

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    // From here on, no signal ends us by itself.
    let mut signals = Signals::listen()?;
    let plan = Plan::new(context)?.of_agents();
    let access = Access::new(context).await?;
    let transport = Arc::new(Transport::new(context, &plan, BROKER_ROLE)?);
    let siblings = Siblings::named(context, (&plan, &access), &transport)?;
    let broker = PodBroker::new(context, &plan, &access, siblings.into())?;
    let monitor = match metrics_address(context)? {
        Some(address) => Some(Monitor::bind(address).await?),
        None => None,
    };
    let own = &access.own_namespace;
    let running = Running {
        endpoint: PodEndpoint::of_broker(context, &plan, (broker, &transport), own).await?,
        transport,
    };
    Box::pin(running.run(&mut signals, monitor.as_ref())).await;
    service_manager::stopping();
    Ok(Exit::Done)
}

struct Running {
    endpoint: PodEndpoint,
    transport: Arc<Transport>,
}

impl Running {
    async fn run(&self, signals: &mut Signals, monitor: Option<&Monitor>) {
        tokio::select! {
            never = self.endpoint.serve() => match never {},
            never = self.endpoint.broker().keep() => match never {},
            never = self.transport.keep() => match never {},
            never = Monitor::serve_if(monitor, self) => match never {},
            never = service_manager::keep_alive() => match never {},
            () = ended(signals) => {}
        }
    }
}

async fn ended(signals: &mut Signals) {
    while signals.next().await == Request::Refresh {
        tracing::info!("sessions are replaced in time by themselves");
    }
}

impl Monitored for Running {
    /// Without a certificate nobody can be answered.
    fn readiness(&self) -> Result<(), String> {
        if self.transport.is_there() {
            Ok(())
        } else {
            Err("there is no certificate for agents yet".to_owned())
        }
    }

    fn metrics(&self) -> String {
        let mut registry = Registry::with_prefix("iamra");
        self.endpoint.register(&mut registry);
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &registry);
        text
    }

    async fn page(&self, path: &str, headers: &HeaderMap) -> Option<Page> {
        self.endpoint.broker().page(path, headers).await
    }
}
