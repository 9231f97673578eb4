use std::convert::Infallible;
use std::time::Duration;

use clap::Command;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::commands::verb;
use crate::context::Context;
use crate::daemon::{Monitor, Monitored, Request, Signals, metrics_address, service_manager};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::k8s::Access;
use crate::pods::PodWebhook;
use crate::setting::{with_named, with_settings};
use crate::settings;

pub(crate) fn command() -> Command {
    verb(
        "webhook",
        "Have the pods of service accounts with a role find its credentials",
        |command| {
            let groups = [
                &settings::WEBHOOK,
                &settings::CLUSTER,
                &settings::PROXIES,
                &settings::MONITOR,
            ];
            with_named(with_settings(command, &groups), NAMED)
        },
    )
    .long_about(ABOUT)
}

/// Of groups of which the rest would say nothing here.
const NAMED: &[&str] = &[
    "listen",
    "tls-certificate",
    "tls-key",
    "annotation-domain",
    "associations",
    "pod-audience",
    "cluster-name",
    "region",
    "trust-anchor-arn",
    "profile-arn",
    "vault-addr",
    "vault-namespace",
    "vault-cacert",
    "vault-cacert-bytes",
    "auth-mount",
    "auth-role",
    "pki-mount",
    "pki-role",
];

const ABOUT: &str = "\
A mutating admission webhook: API servers ask it about each pod that is created, at POST /mutate on port \
9443. A pod whose service account has a role gets what AWS SDKs need to find the agent on its node, as \
EKS Pod Identity has it; any other pod stays as it is. Nothing that a pod has is replaced.

Where API servers cannot be shown a certificate of somebody else's, it makes one for itself every other \
day, in memory, and adds it to the configuration by which it is called before it is shown.";

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    // From here on, no signal ends us by itself.
    let mut signals = Signals::listen()?;
    let access = Access::new(context).await?;
    let running = Running {
        webhook: PodWebhook::new(context, access).await?,
    };
    let monitor = match metrics_address(context)? {
        Some(address) => Some(Monitor::bind(address).await?),
        None => None,
    };
    Box::pin(running.run(context, &mut signals, monitor.as_ref())).await;
    service_manager::stopping();
    Ok(Exit::Done)
}

struct Running {
    webhook: PodWebhook,
}

impl Running {
    async fn run(&self, context: &Context<'_>, signals: &mut Signals, monitor: Option<&Monitor>) {
        tokio::select! {
            never = self.webhook.serve() => match never {},
            never = self.webhook.keep() => match never {},
            never = Monitor::serve_if(monitor, self) => match never {},
            never = service_manager::keep_alive() => match never {},
            never = announce() => match never {},
            () = self.ended(context, signals) => {}
        }
    }

    /// API servers still call for a while who is being taken out of a service.
    async fn ended(&self, context: &Context<'_>, signals: &mut Signals) {
        while signals.next().await == Request::Refresh {
            tracing::info!("files and certificates are replaced in time by themselves");
        }
        if self.webhook.is_behind_a_service() {
            context.clock.sleep(LINGER).await;
        }
    }
}

async fn announce() -> Infallible {
    service_manager::ready("reviews are answered");
    std::future::pending().await
}

impl Monitored for Running {
    fn readiness(&self) -> Result<(), String> {
        self.webhook.readiness()
    }

    fn metrics(&self) -> String {
        let mut registry = Registry::with_prefix("iamra");
        self.webhook.register(&mut registry);
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &registry);
        text
    }
}

const LINGER: Duration = Duration::from_secs(5);
