use std::convert::Infallible;
use std::sync::Arc;

use refresh::{Clock, Fault as _, Source};
use tokio::sync::Notify;

use super::{ContainerEndpoint, Earlier, SessionCredentials, SessionKeeper};
use crate::context::Context;
use crate::failure::Failure;
use crate::tally::{Outcome, Tally};

/// Where a daemon has its credentials from: the one list of such places.
pub(crate) struct CredentialSource {
    from: From,
    clock: Arc<dyn Clock>,
    /// How often what came of it.
    pub(crate) tally: Tally,
    /// Something was tried: look at what came of it.
    pub(crate) landed: Notify,
}

enum From {
    RolesAnywhere(Box<SessionKeeper>),
    Endpoint(Box<ContainerEndpoint>),
}

impl CredentialSource {
    /// A container endpoint where the settings name one, otherwise Roles
    /// Anywhere; connects to nobody.
    pub(crate) fn named(context: &Context<'_>) -> Result<Self, Failure> {
        let from = match ContainerEndpoint::named(context)? {
            Some(endpoint) => From::Endpoint(Box::new(endpoint)),
            None => From::RolesAnywhere(Box::new(SessionKeeper::new(context)?)),
        };
        Ok(Self::new(from, context))
    }

    /// Roles Anywhere.
    pub(crate) fn roles_anywhere(keeper: SessionKeeper, context: &Context<'_>) -> Self {
        Self::new(From::RolesAnywhere(Box::new(keeper)), context)
    }

    /// A container endpoint.
    pub(crate) fn endpoint(endpoint: ContainerEndpoint, context: &Context<'_>) -> Self {
        Self::new(From::Endpoint(Box::new(endpoint)), context)
    }

    fn new(from: From, context: &Context<'_>) -> Self {
        Self {
            from,
            clock: Arc::clone(&context.clock),
            tally: Tally::default(),
            landed: Notify::new(),
        }
    }

    /// Looks there, too, for what an earlier process has left.
    pub(crate) fn looking_for(&mut self, earlier: Earlier) {
        if let From::RolesAnywhere(keeper) = &mut self.from {
            keeper.looking_for(earlier);
        }
    }

    /// The pipeline of Roles Anywhere, where that is the source.
    pub(crate) fn keeper(&self) -> Option<&SessionKeeper> {
        match &self.from {
            From::RolesAnywhere(keeper) => Some(keeper),
            From::Endpoint(_) => None,
        }
    }

    /// Keeps what the credentials hang on, for as long as this is awaited.
    pub(crate) async fn keep(&self) -> Infallible {
        match &self.from {
            From::RolesAnywhere(keeper) => keeper.identity().keep().await,
            From::Endpoint(_) => std::future::pending().await,
        }
    }

    /// Takes leave.
    pub(crate) async fn finish(&self) {
        if let From::RolesAnywhere(keeper) = &self.from {
            keeper.identity().finish().await;
        }
    }
}

impl Source for CredentialSource {
    type Value = SessionCredentials;
    type Error = Failure;

    async fn obtain(&self) -> Result<SessionCredentials, Failure> {
        let obtained = match &self.from {
            From::RolesAnywhere(keeper) => keeper.open().await,
            From::Endpoint(endpoint) => {
                let received = endpoint.obtain(self.clock.now()).await;
                received.map(|received| {
                    tracing::info!(
                        access_key_id = received.access_key_id,
                        expires_at = received.expiration,
                        endpoint = endpoint.address(),
                        "received credentials"
                    );
                    (received, Outcome::Obtained)
                })
            }
        };
        self.tally.count(match &obtained {
            Ok((_, outcome)) => *outcome,
            Err(failure) => failure.fault().into(),
        });
        self.landed.notify_one();
        obtained.map(|(credentials, _)| credentials)
    }
}
