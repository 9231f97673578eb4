use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use refresh::{Fault as _, FaultKind, Kept, KeptError, Schedule, Source};

use crate::{Error, Identity, RolesAnywhere, Session, SessionRequest};

/// The future that [`IdentitySource::identity`] returns.
pub type ObtainIdentity<'a> =
    Pin<Box<dyn Future<Output = Result<Arc<Identity>, Error>> + Send + 'a>>;

/// Where an identity comes from, each time that a session is opened.
///
/// An [`Identity`] is its own source; one that is read again from files or
/// fetched from Vault is somebody's implementation of this trait, which reports
/// its own failures as [`Error::IdentitySource`].
pub trait IdentitySource: fmt::Debug + Send + Sync {
    /// The identity to sign with now.
    fn identity(&self) -> ObtainIdentity<'_>;
}

impl IdentitySource for Arc<Identity> {
    fn identity(&self) -> ObtainIdentity<'_> {
        let identity = Self::clone(self);
        Box::pin(async move { Ok(identity) })
    }
}

/// Sessions as credentials for every AWS SDK client.
///
/// However many clients ask, there is one session at a time: it is kept, and
/// replaced after two thirds of its life. Where that fails, the last good one is
/// served until it expires.
pub struct RolesAnywhereProvider {
    kept: Kept<SessionSource>,
}

#[derive(Debug)]
struct SessionSource {
    client: RolesAnywhere,
    source: Box<dyn IdentitySource>,
    request: SessionRequest,
}

impl Source for SessionSource {
    type Value = Session;
    type Error = Error;

    async fn obtain(&self) -> Result<Session, Error> {
        let identity = self.source.identity().await?;
        self.client.create_session(&identity, &self.request).await
    }
}

impl RolesAnywhereProvider {
    /// A provider that opens sessions for `request` with `client`.
    pub fn new(
        client: RolesAnywhere,
        source: impl IdentitySource + 'static,
        request: SessionRequest,
    ) -> Self {
        let clock = client.clock();
        let source = SessionSource {
            client,
            source: Box::new(source),
            request,
        };
        Self {
            kept: Kept::new(source, Schedule::SESSION, clock),
        }
    }

    /// Replaces the session whenever it is due, for as long as this is awaited.
    ///
    /// A daemon awaits it in a task of its own: no SDK client's deadline then
    /// decides whether a session comes about. Without it, the client that finds
    /// the session due opens another. Never ends by itself; failures are waited
    /// out, and the last good session is served meanwhile.
    pub async fn keep_fresh(&self) -> Infallible {
        self.kept.keep_fresh().await
    }

    async fn credentials(&self) -> provider::Result {
        let session = self.kept.get().await.map_err(unprovided)?;
        Ok(Credentials::from(&session))
    }
}

/// Shows no session.
impl fmt::Debug for RolesAnywhereProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RolesAnywhereProvider")
            .finish_non_exhaustive()
    }
}

impl ProvideCredentials for RolesAnywhereProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

fn unprovided(error: KeptError<Error>) -> CredentialsError {
    match error.fault() {
        FaultKind::Configuration | FaultKind::Unfit => {
            CredentialsError::invalid_configuration(error)
        }
        _ => CredentialsError::provider_error(error),
    }
}
