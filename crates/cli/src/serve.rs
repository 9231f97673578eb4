//! Handing credentials to the SDKs on this machine: which sessions, on which
//! sockets, for whom. The protocol is `credential_server`'s.

use std::convert::Infallible;
use std::sync::Arc;

use credential_server::{
    Authorization, ContainerRoute, Counters, CredentialServer, ErrorFormat, HostName, Settings,
};

use crate::context::Context;
use crate::failure::Failure;
use crate::output;
use crate::session::SessionDaemon;

mod access;
mod broker;
mod consumer;
mod failure;
mod listen;
mod metrics;
mod roles;
mod sockets;
mod tls;
mod token;

use access::Access;
pub(crate) use broker::{Role, SessionBroker};
use consumer::Consumer;
pub(crate) use roles::Roles;
pub(crate) use sockets::Sockets;
pub(crate) use token::Token;

/// A server of sessions on sockets that are bound already.
pub(crate) struct Endpoint {
    server: CredentialServer<SessionBroker>,
    sockets: Arc<Sockets>,
}

impl Endpoint {
    /// Binds sockets, finds or makes tokens, and prints what the programs need
    /// that are to have the credentials. `earlier` are sockets of ours that may
    /// be used on.
    pub(crate) fn open(
        context: &Context<'_>,
        roles: Vec<Role>,
        earlier: &[Arc<Sockets>],
    ) -> Result<Self, Failure> {
        let access = Access::named(context)?;
        let sockets = Arc::new(Sockets::bind(context, access, earlier)?);
        let tokens = token::of_roles(context, access, &roles)?;
        let consumer = Consumer {
            access,
            roles: &roles,
            tokens: &tokens,
            sockets: &sockets,
        };
        output::print(&consumer.text())?;
        Self::new(context, roles, &tokens, sockets)
    }

    /// Serves `roles`, the main one first, to who has the route's token.
    pub(crate) fn new(
        context: &Context<'_>,
        roles: Vec<Role>,
        tokens: &[Arc<Token>],
        sockets: Arc<Sockets>,
    ) -> Result<Self, Failure> {
        let routes = roles
            .iter()
            .zip(tokens)
            .map(|(role, token)| ContainerRoute {
                path: role.path.clone(),
                label: role.label.clone(),
                authorization: Authorization::Token(Arc::clone(token) as _),
                errors: ErrorFormat::Json,
            });
        let settings = Settings {
            routes: routes.collect(),
            allowed_hosts: allowed_hosts(context)?,
            hop_limit: Some(context.settings.parse("hop-limit")?.unwrap_or(64)),
            ..Settings::default()
        };
        let clock = Arc::clone(&context.clock);
        let broker = SessionBroker::new(roles);
        let server = CredentialServer::new(broker, clock, settings).map_err(failure::of)?;
        Ok(Self { server, sockets })
    }

    /// The sessions that are served, each once.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = &Arc<SessionDaemon>> {
        self.server.broker().sessions()
    }

    /// What it listens on.
    pub(crate) fn sockets(&self) -> &Arc<Sockets> {
        &self.sockets
    }

    /// What has been done so far.
    pub(crate) fn counters(&self) -> &Counters {
        self.server.counters()
    }

    /// Answers for as long as this is awaited.
    pub(crate) async fn serve(&self) -> Infallible {
        match self.sockets.listeners() {
            Ok(listeners) => self.server.serve(listeners).await,
            Err(failure) => {
                output::report(&failure);
                std::future::pending().await
            }
        }
    }
}

fn allowed_hosts(context: &Context<'_>) -> Result<Vec<HostName>, Failure> {
    let names = context.settings.list("allowed-host")?;
    let names = names.iter().map(|name| {
        name.parse().map_err(|error| {
            Failure::configuration(
                "config.invalid",
                format!("--allowed-host: {name:?}: {error}"),
            )
        })
    });
    names.collect()
}
