//! Handing credentials to the SDKs on this machine: which sessions, on which
//! sockets, for whom. The protocol is `credential_server`'s.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use credential_server::{
    Authorization, ContainerRoute, Counters, CredentialServer, ErrorFormat, HostName, Listener,
    Settings,
};

use crate::context::Context;
use crate::failure::Failure;
use crate::session::SessionDaemon;
use crate::{files, output};

mod access;
mod broker;
mod consumer;
mod draft;
mod failure;
mod layout;
mod listen;
mod metrics;
mod roles;
mod sockets;
mod tls;
mod token;

use access::Access;
#[cfg(feature = "pods")]
pub(crate) use broker::hand_out;
pub(crate) use broker::{Role, SessionBroker};
use consumer::Consumer;
pub(crate) use draft::Draft;
use layout::Layout;
#[cfg(feature = "pods")]
pub(crate) use metrics::register as register_counters;
pub(crate) use roles::Roles;
#[cfg(feature = "pods")]
pub(crate) use sockets::unbound;
pub(crate) use sockets::{Pool, Sockets};
#[cfg(feature = "pods")]
pub(crate) use tls::{named as tls_of_files, showing as tls_showing};
pub(crate) use token::{FILE_NAME as TOKEN_FILE_NAME, Token};

/// A server of sessions on sockets that are bound already.
pub(crate) struct Endpoint {
    server: CredentialServer<SessionBroker>,
    access: Access,
    tokens: Vec<Arc<Token>>,
    sockets: Arc<Sockets>,
    /// The sockets once more, until they are served.
    listeners: Mutex<Vec<Listener>>,
}

impl Endpoint {
    /// Serves `roles` to a single child that is told the token.
    pub(crate) fn new(
        context: &Context<'_>,
        roles: Vec<Role>,
        tokens: &[Arc<Token>],
        sockets: Arc<Sockets>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            server: server(context, roles, tokens)?,
            access: Access::of_child(),
            tokens: tokens.to_vec(),
            listeners: Mutex::new(sockets.listeners()?),
            sockets,
        })
    }

    /// Makes the tokens that are not there yet. Files may be locked by another
    /// process for a while.
    pub(crate) async fn make_tokens(&self) -> Result<(), Failure> {
        let tokens = self.tokens.clone();
        files::aside(move || tokens.iter().try_for_each(|token| token.ensure())).await?
    }

    /// Prints what the programs need that are to have the credentials.
    pub(crate) fn introduce(&self) -> Result<(), Failure> {
        let consumer = Consumer {
            access: self.access,
            roles: self.server.broker().roles(),
            tokens: &self.tokens,
            sockets: &self.sockets,
        };
        output::print(&consumer.text())
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

    /// Answers for as long as this is awaited, which is once.
    pub(crate) async fn serve(&self) -> Infallible {
        let listeners = {
            let mut listeners = self
                .listeners
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *listeners)
        };
        self.server.serve(listeners).await
    }
}

/// Serves `roles`, the main one first, to who has the route's token.
fn server(
    context: &Context<'_>,
    roles: Vec<Role>,
    tokens: &[Arc<Token>],
) -> Result<CredentialServer<SessionBroker>, Failure> {
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
    CredentialServer::new(SessionBroker::new(roles), clock, settings).map_err(failure::of)
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
