use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use refresh::{Clock, Fault as _, FaultKind, Source};
use tokio::sync::Notify;

use super::{ContainerEndpoint, Earlier, SessionCredentials, SessionKeeper};
use crate::context::Context;
use crate::failure::Failure;

/// Where a daemon has its credentials from: the one list of such places.
pub(crate) struct CredentialSource {
    from: From,
    clock: Arc<dyn Clock>,
    tally: [AtomicU64; Outcome::ALL.len()],
    /// Something was tried: look at what came of it.
    pub(crate) landed: Notify,
}

enum From {
    RolesAnywhere(Box<SessionKeeper>),
    Endpoint(Box<ContainerEndpoint>),
}

/// What came of an attempt to have credentials.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// They are there.
    Opened,
    /// Vault, AWS or the endpoint could not be reached.
    Unavailable,
    /// One of them refused.
    Denied,
    /// AWS would refuse the certificate.
    Unfit,
    /// A setting or a file is wrong.
    Configuration,
    /// Anything else.
    Failed,
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
            tally: Default::default(),
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

    /// How often what came of it.
    pub(crate) fn count(&self, outcome: Outcome) -> u64 {
        self.tally[outcome as usize].load(Ordering::Relaxed)
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
                let obtained = endpoint.obtain(self.clock.now()).await;
                obtained.inspect(|found| {
                    tracing::info!(
                        access_key_id = found.access_key_id,
                        expires_at = found.expiration,
                        endpoint = endpoint.address(),
                        "received credentials"
                    );
                })
            }
        };
        let outcome = match &obtained {
            Ok(_) => Outcome::Opened,
            Err(failure) => failure.fault().into(),
        };
        self.tally[outcome as usize].fetch_add(1, Ordering::Relaxed);
        self.landed.notify_one();
        obtained
    }
}

impl Outcome {
    pub(crate) const ALL: [Self; 6] = [
        Self::Opened,
        Self::Unavailable,
        Self::Denied,
        Self::Unfit,
        Self::Configuration,
        Self::Failed,
    ];

    /// As the metric's label says it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
            Self::Unfit => "unfit",
            Self::Configuration => "configuration",
            Self::Failed => "failed",
        }
    }
}

impl std::convert::From<FaultKind> for Outcome {
    fn from(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Unavailable => Self::Unavailable,
            FaultKind::Denied => Self::Denied,
            FaultKind::Unfit => Self::Unfit,
            FaultKind::Configuration => Self::Configuration,
            _ => Self::Failed,
        }
    }
}
