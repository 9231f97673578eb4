use std::sync::Arc;

use refresh::Clock;

use super::{SessionCredentials, SessionKey, SessionStore};
use crate::aws::Aws;
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::IdentityKeeper;

/// Opens sessions, one after the other, with an identity that is kept.
pub(crate) struct SessionKeeper {
    aws: Aws,
    identity: Arc<IdentityKeeper>,
    key: Option<SessionKey>,
    store: Option<SessionStore>,
    clock: Arc<dyn Clock>,
}

impl SessionKeeper {
    /// From the settings; connects to nobody.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        Self::with_identity(context, Arc::new(IdentityKeeper::new(context)?))
    }

    /// The same with an identity that others use, too.
    pub(crate) fn with_identity(
        context: &Context<'_>,
        identity: Arc<IdentityKeeper>,
    ) -> Result<Self, Failure> {
        let aws = Aws::new(context)?;
        let key = SessionKey::new(context)?;
        let folder = context.settings.path("identity-cache")?;
        // Beside the certificate, where that is kept on disk.
        let store = folder.zip(key.as_ref());
        let store = store.map(|(folder, key)| SessionStore::in_folder(&folder, key));
        Ok(Self {
            aws,
            identity,
            key,
            store,
            clock: Arc::clone(&context.clock),
        })
    }

    /// What an earlier process has left on disk, if it is still valid.
    pub(crate) fn left_behind(&self) -> Option<SessionCredentials> {
        self.store.as_ref()?.read(self.clock.now())
    }

    /// Which session it is, where that can be told.
    pub(crate) fn key(&self) -> Option<&SessionKey> {
        self.key.as_ref()
    }

    /// Whom it is about, and where.
    pub(crate) fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Who opens them.
    pub(crate) fn identity(&self) -> &Arc<IdentityKeeper> {
        &self.identity
    }

    /// Opens another one.
    pub(crate) async fn open(&self) -> Result<SessionCredentials, Failure> {
        let identity = self.identity.identity().await?;
        let session = self.aws.session(&identity).await?;
        let credentials = SessionCredentials::from(&session);
        if let Some(store) = self.store.clone() {
            let kept = credentials.clone();
            // A file server that hangs keeps nobody waiting for credentials.
            drop(tokio::task::spawn_blocking(move || store.write(&kept)));
        }
        Ok(credentials)
    }
}
