use std::convert::Infallible;

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
use crate::pods::{Brokers, NodeLink, Plan, PodBroker, PodEndpoint};
use crate::setting::{with_named, with_settings_but};
use crate::settings;

pub(crate) fn command() -> Command {
    verb(
        "agent",
        "Give each pod on this node the role of its service account, as EKS Pod Identity does",
        |command| {
            let groups = [
                &settings::POD_IDENTITY,
                &settings::POD_TOKENS,
                &settings::POD_LINK,
                &settings::BROKERS,
                &settings::OWN_CERTIFICATE,
                &settings::CLUSTER,
                &settings::AWS_CONNECTION,
                &settings::VAULT_CONNECTION,
                &settings::PROXIES,
                &settings::MONITOR,
            ];
            let command = with_settings_but(command, &groups, &settings::UNHEEDED_BY_PODS);
            let command = with_named(command, &settings::NAMED_BY_PODS);
            with_named(command, NAMED)
        },
    )
    .long_about(ABOUT)
}

/// The same for this verb alone.
const NAMED: &[&str] = &["jwt-file", "listen", "insecure"];

const ABOUT: &str = "\
Answers pods at 169.254.170.23 and fd00:ec2::23 with the protocol of EKS Pod Identity, which every \
current AWS SDK speaks by itself: a pod shows the token of its service account and gets the credentials \
of that account's role.

The pod's own token logs in to Vault, which signs a certificate for that account and no other; the role's \
trust policy looks at its common name. The agent itself has no right at Vault or AWS. Keys and \
credentials are in memory alone, one certificate and one session for each account, however many pods ask.";

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    if context.settings.switch("link-init")? {
        return NodeLink::leave_behind();
    }
    // From here on, no signal ends us by itself.
    let mut signals = Signals::listen()?;
    let plan = Plan::new(context)?;
    let access = Access::new(context).await?;
    let brokers = Brokers::named(context, &plan, &access)?;
    let broker = PodBroker::new(context, &plan, &access, brokers.into())?;
    let monitor = match metrics_address(context)? {
        Some(address) => Some(Monitor::bind(address).await?),
        None => None,
    };
    let link = NodeLink::make(context)?;
    let agent = Agent {
        endpoint: PodEndpoint::of_agent(context, broker).await?,
    };
    agent.run(&mut signals, monitor.as_ref()).await;
    service_manager::stopping();
    link.remove();
    Ok(Exit::Done)
}

struct Agent {
    endpoint: PodEndpoint,
}

impl Agent {
    async fn run(&self, signals: &mut Signals, monitor: Option<&Monitor>) {
        tokio::select! {
            never = self.endpoint.serve() => match never {},
            never = self.endpoint.broker().keep() => match never {},
            never = Monitor::serve_if(monitor, self) => match never {},
            never = service_manager::keep_alive() => match never {},
            never = announce() => match never {},
            () = ended(signals) => {}
        }
    }
}

/// Nothing is obtained before a pod asks.
async fn announce() -> Infallible {
    service_manager::ready("pods are answered");
    std::future::pending().await
}

async fn ended(signals: &mut Signals) {
    while signals.next().await == Request::Refresh {
        tracing::info!("sessions are replaced in time by themselves");
    }
}

impl Monitored for Agent {
    fn readiness(&self) -> Result<(), String> {
        Ok(())
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
