use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use refresh::Clock;
use rolesanywhere::Identity;
use tokio::sync::Mutex;

use super::IdentitySource;
use crate::context::Context;
use crate::failure::Failure;
use crate::session::SessionKey;

mod present;
#[cfg(feature = "vault")]
mod vault;

use present::Present;

/// An identity for as long as a daemon runs: the files, read again when they
/// have changed, or a certificate from Vault, replaced in time.
pub(crate) struct IdentityKeeper {
    from: From,
    clock: Arc<dyn Clock>,
    /// Several sessions may keep one identity: one of them does the work.
    keeping: Mutex<()>,
    /// Who logs in to Vault, where that is where the certificate is from.
    #[cfg(feature = "vault")]
    login: Option<SessionKey>,
}

enum From {
    /// Somebody else replaces it.
    Elsewhere(Box<Present>),
    /// We do; the key lives only in memory.
    #[cfg(feature = "vault")]
    Vault(Box<vault::InMemory>),
    /// We do; the key is on disk, too, for after a restart.
    #[cfg(feature = "vault")]
    Cached(Box<vault::OnDisk>),
}

impl IdentityKeeper {
    /// From the settings; connects to nobody.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let clock = Arc::clone(&context.clock);
        #[cfg(feature = "vault")]
        let mut login = None;
        let from = match IdentitySource::new(context)? {
            #[cfg(feature = "vault")]
            IdentitySource::Vault(pipeline) => {
                login = Some(SessionKey::of_login(context)?);
                match context.settings.path("identity-cache")? {
                    None => From::Vault(Box::new(vault::InMemory::new(*pipeline, &clock))),
                    Some(folder) => {
                        From::Cached(Box::new(vault::OnDisk::new(context, &folder, *pipeline)?))
                    }
                }
            }
            source => From::Elsewhere(Box::new(Present::new(source))),
        };
        Ok(Self {
            from,
            clock,
            keeping: Mutex::new(()),
            #[cfg(feature = "vault")]
            login,
        })
    }

    /// A certificate that Vault signs for whom the pipeline is for; its key is
    /// nowhere but here.
    #[cfg(feature = "pods")]
    pub(crate) fn of_pipeline(
        pipeline: crate::vault::VaultPipeline,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        Self {
            from: From::Vault(Box::new(vault::InMemory::new(pipeline, clock))),
            clock: Arc::clone(clock),
            keeping: Mutex::new(()),
            // Its sessions are not kept for others.
            login: None,
        }
    }

    /// The identity; one that AWS would refuse is refused here.
    pub(crate) async fn identity(&self) -> Result<Arc<Identity>, Failure> {
        let now = self.clock.now();
        match &self.from {
            From::Elsewhere(present) => present.identity(now).await,
            #[cfg(feature = "vault")]
            From::Vault(kept) => kept.identity().await,
            #[cfg(feature = "vault")]
            From::Cached(kept) => kept.identity(now).await,
        }
    }

    /// The key of a session that is asked for like this: for who logs in to
    /// Vault, or for the holder of the certificate, where there is one.
    pub(crate) fn key(
        &self,
        asked: &SessionKey,
        identity: Option<&Identity>,
    ) -> Option<SessionKey> {
        match &self.from {
            From::Elsewhere(_) => Some(asked.of_certificate(identity?.certificate())),
            #[cfg(feature = "vault")]
            From::Vault(_) | From::Cached(_) => Some(asked.of_vault(self.login.as_ref()?)),
        }
    }

    /// Waits for the certificate that was asked for.
    #[cfg_attr(
        not(feature = "vault"),
        expect(clippy::unused_async, reason = "only Vault is waited for")
    )]
    pub(crate) async fn settled(&self) {
        match &self.from {
            From::Elsewhere(_) => {}
            #[cfg(feature = "vault")]
            From::Vault(kept) => kept.settled().await,
            #[cfg(feature = "vault")]
            From::Cached(kept) => kept.settled().await,
        }
    }

    /// How long sessions can still be opened if Vault, or whoever replaces the
    /// files, stays away from now on.
    pub(crate) fn remaining(&self) -> Option<Duration> {
        Some(remaining(self.not_after()?, self.clock.now()))
    }

    /// The end of the certificate, once there is one.
    pub(crate) fn not_after(&self) -> Option<SystemTime> {
        match &self.from {
            From::Elsewhere(present) => present.not_after(),
            #[cfg(feature = "vault")]
            From::Vault(kept) => kept.not_after(),
            #[cfg(feature = "vault")]
            From::Cached(kept) => kept.not_after(),
        }
    }

    /// Replaces the certificate in time, for as long as this is awaited.
    pub(crate) async fn keep(&self) -> Infallible {
        let _alone = self.keeping.lock().await;
        match &self.from {
            From::Elsewhere(_) => std::future::pending().await,
            #[cfg(feature = "vault")]
            From::Vault(kept) => kept.keep().await,
            #[cfg(feature = "vault")]
            From::Cached(kept) => kept.keep().await,
        }
    }

    /// Another certificate, for an operator who asks for it.
    pub(crate) fn refresh_now(&self) {
        match &self.from {
            // It is read for each session anyway.
            From::Elsewhere(_) => {}
            #[cfg(feature = "vault")]
            From::Vault(kept) => kept.refresh_now(),
            #[cfg(feature = "vault")]
            From::Cached(kept) => kept.refresh_now(),
        }
    }

    /// Takes leave: gives Vault's token back.
    pub(crate) async fn finish(&self) {
        match &self.from {
            From::Elsewhere(present) => present.finish().await,
            #[cfg(feature = "vault")]
            From::Vault(kept) => kept.finish().await,
            #[cfg(feature = "vault")]
            From::Cached(kept) => kept.finish().await,
        }
    }
}

fn remaining(not_after: SystemTime, now: SystemTime) -> Duration {
    not_after.duration_since(now).unwrap_or_default()
}
