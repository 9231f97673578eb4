use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use refresh::{Fault as _, FaultKind};

use crate::{Error, Identity, RolesAnywhere, SessionRequest};

/// Where an identity comes from, each time that a session is opened.
///
/// An [`Identity`] is its own source; one that is read again from files or
/// fetched from Vault is somebody's implementation of this trait.
pub trait IdentitySource: fmt::Debug + Send + Sync {
    /// The identity to sign with now.
    fn identity(&self) -> Pin<Box<dyn Future<Output = Result<Arc<Identity>, Error>> + Send + '_>>;
}

impl IdentitySource for Arc<Identity> {
    fn identity(&self) -> Pin<Box<dyn Future<Output = Result<Arc<Identity>, Error>> + Send + '_>> {
        let identity = Self::clone(self);
        Box::pin(async move { Ok(identity) })
    }
}

/// Sessions as credentials for every AWS SDK client.
///
/// The SDK caches what it gets until shortly before it expires; each call here
/// opens a session.
#[derive(Debug)]
pub struct RolesAnywhereProvider {
    client: RolesAnywhere,
    source: Box<dyn IdentitySource>,
    request: SessionRequest,
}

impl RolesAnywhereProvider {
    /// A provider that opens sessions for `request` with `client`.
    pub fn new(
        client: RolesAnywhere,
        source: impl IdentitySource + 'static,
        request: SessionRequest,
    ) -> Self {
        Self {
            client,
            source: Box::new(source),
            request,
        }
    }

    async fn credentials(&self) -> provider::Result {
        let identity = self.source.identity().await.map_err(unprovided)?;
        let session = self.client.create_session(&identity, &self.request).await;
        session
            .map(|session| Credentials::from(&session))
            .map_err(unprovided)
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

fn unprovided(error: Error) -> CredentialsError {
    match error.fault() {
        FaultKind::Configuration | FaultKind::Unfit => {
            CredentialsError::invalid_configuration(error)
        }
        _ => CredentialsError::provider_error(error),
    }
}
