use std::convert::Infallible;
use std::sync::Arc;

use clap::Command;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::commands::verb;
use crate::context::Context;
use crate::daemon::{Monitor, Monitored, Request, Signals, metrics_address, service_manager};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::serve::{Draft, Endpoint, Pool, Roles, TOKEN_FILE_NAME};
use crate::session::SessionDaemon;
use crate::setting::with_settings;
use crate::settings;

pub(crate) fn command() -> Command {
    verb(
        "serve",
        "Serve a session's credentials to the SDKs on this machine, and keep them fresh",
        |command| {
            let own = [
                &settings::SERVE,
                &settings::SERVE_BEYOND,
                &settings::MONITOR,
                &settings::IDENTITY_CACHE,
            ];
            with_settings(command, &super::groups(&own))
        },
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Serves a session's credentials as ECS and EKS do (AWS_CONTAINER_CREDENTIALS_FULL_URI), and as the \
instance metadata service of EC2 does (version 2 only). However many programs ask, there is one \
session, replaced after two thirds of its life; while AWS or Vault is away, the last good one is \
served until it ends, and never an empty one.

Prints what those programs need in their environment. SIGHUP opens another session now, SIGTERM ends.";

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    // From here on, no signal ends us by itself.
    let mut signals = Signals::listen()?;
    // Everything that can be wrong here is said before anybody is called.
    let served = Served::new(context)?;
    let monitor = match metrics_address(context)? {
        Some(address) => Some(Monitor::bind(address).await?),
        None => None,
    };
    // What is printed, works.
    served.endpoint.make_tokens().await?;
    served.endpoint.introduce()?;
    served.run(&mut signals, monitor.as_ref()).await;
    service_manager::stopping();
    served.finish().await;
    Ok(Exit::Done)
}

struct Served {
    endpoint: Endpoint,
    sessions: Vec<Arc<SessionDaemon>>,
}

impl Served {
    fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let Roles(roles) = Roles::new(context)?;
        let draft = Draft::new(context, roles, TOKEN_FILE_NAME)?;
        let endpoint = draft.bind(&mut Pool::handed_over()?, true)?;
        let sessions = endpoint.sessions().cloned().collect();
        Ok(Self { endpoint, sessions })
    }

    async fn run(&self, signals: &mut Signals, monitor: Option<&Monitor>) {
        tokio::select! {
            never = self.keep() => match never {},
            never = self.endpoint.serve() => match never {},
            never = Monitor::serve_if(monitor, self) => match never {},
            never = service_manager::keep_alive() => match never {},
            never = self.announce() => match never {},
            () = self.heed(signals) => {}
        }
    }

    /// All sessions beside each other.
    async fn keep(&self) -> Infallible {
        let keeping = self.sessions.iter().map(|session| session.keep());
        let mut keeping: FuturesUnordered<_> = keeping.collect();
        match keeping.next().await {
            Some(never) => match never {},
            None => std::future::pending().await,
        }
    }

    /// Tells the service manager once that all are there.
    async fn announce(&self) -> Infallible {
        for session in &self.sessions {
            session.opened().await;
        }
        service_manager::ready("credentials are served");
        std::future::pending().await
    }

    async fn heed(&self, signals: &mut Signals) {
        while signals.next().await == Request::Refresh {
            tracing::info!("asked for other sessions");
            for session in &self.sessions {
                session.refresh_now();
            }
        }
    }

    async fn finish(&self) {
        for session in &self.sessions {
            session.finish().await;
        }
    }
}

impl Monitored for Served {
    fn readiness(&self) -> Result<(), String> {
        self.sessions
            .iter()
            .try_for_each(|session| session.readiness())
    }

    /// Made anew for each scrape: most of it depends on the time.
    fn metrics(&self) -> String {
        let mut registry = Registry::with_prefix("iamra");
        let sessions = self.sessions.iter().map(Arc::as_ref);
        SessionDaemon::register(sessions, &mut registry);
        Endpoint::register(std::iter::once(&self.endpoint), &mut registry);
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &registry);
        text
    }
}
