use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use refresh::{Clock, Due, Schedule};
use rolesanywhere::Identity;

use super::{SessionCredentials, SessionKey};
use crate::aws::Aws;
use crate::context::Context;
use crate::failure::Failure;
use crate::files;
use crate::identity::IdentityKeeper;
use crate::shared::Store;
use crate::tally::Outcome;

mod throttles;

pub(crate) use throttles::Throttles;

/// Opens sessions, one after the other, with an identity that is kept.
pub(crate) struct SessionKeeper {
    aws: Aws,
    identity: Arc<IdentityKeeper>,
    /// Which session is asked for, whoever asks.
    asked: SessionKey,
    /// Where sessions are kept for after a restart.
    cache: Option<PathBuf>,
    /// What an earlier process may have left elsewhere.
    earlier: Option<Earlier>,
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    throttles: Throttles,
}

/// Finds a session that an earlier process has left, by its key.
pub(crate) type Earlier = Box<dyn Fn(&SessionKey) -> Option<SessionCredentials> + Send + Sync>;

#[derive(Default)]
struct State {
    /// Whether one was opened: what is left behind does not count any more.
    has_begun: bool,
    /// Whether an operator wants another certificate, too.
    is_forced: bool,
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
        Ok(Self {
            aws: Aws::new(context)?,
            identity,
            asked: SessionKey::new(context)?,
            // Beside the certificate, where that is kept on disk.
            cache: context.settings.path("identity-cache")?,
            earlier: None,
            state: Mutex::default(),
            clock: Arc::clone(&context.clock),
            throttles: Throttles::default(),
        })
    }

    /// The same that also looks for what an earlier process has left there.
    pub(crate) fn looking_for(&mut self, earlier: Earlier) {
        self.earlier = Some(earlier);
    }

    /// Whom it is about, and where.
    pub(crate) fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Who opens them.
    pub(crate) fn identity(&self) -> &Arc<IdentityKeeper> {
        &self.identity
    }

    /// Wants another certificate before the next session.
    pub(crate) fn force(&self) {
        self.state().is_forced = true;
        self.identity.refresh_now();
    }

    /// Opens another one; or takes the one that an earlier process has left
    /// behind, if it is good, or there is none better.
    pub(crate) async fn open(&self) -> Result<(SessionCredentials, Outcome), Failure> {
        let is_forced = std::mem::take(&mut self.state().is_forced);
        if is_forced {
            self.identity.settled().await;
        }
        let identity = self.identity.identity().await;
        let key = self.identity.key(&self.asked, identity.as_deref().ok());
        let store = self.store(key.as_ref());
        let left = match (&key, is_forced) {
            (Some(key), false) => self.left_behind(key, store.as_ref()).await,
            _ => None,
        };
        if let Some(left) = left.clone().filter(|left| self.is_fresh(left)) {
            let (access_key_id, expires_at) = (&left.access_key_id, &left.expiration);
            tracing::info!(access_key_id, expires_at, "a session is there already");
            return Ok((left, Outcome::Adopted));
        }
        let opened = match identity {
            Ok(identity) => self.open_with(&identity).await,
            Err(failure) => Err(failure),
        };
        match (opened, left) {
            (Ok(opened), _) => {
                let opened = opened.with_key(key);
                self.keep(&opened, store);
                Ok((opened, Outcome::Obtained))
            }
            (Err(failure), Some(left)) => {
                let (code, hint) = (failure.code(), failure.hint());
                tracing::warn!(code, hint, "{failure}; the session from before is used");
                Ok((left, Outcome::Adopted))
            }
            (Err(failure), None) => Err(failure),
        }
    }

    /// From now on, this one counts, and it is there for after a restart.
    fn keep(&self, opened: &SessionCredentials, store: Option<Store<SessionCredentials>>) {
        self.state().has_begun = true;
        if let Some(store) = store {
            let kept = opened.clone();
            // A file server that hangs keeps nobody waiting for credentials.
            drop(tokio::task::spawn_blocking(move || store.write(&kept)));
        }
    }

    async fn open_with(&self, identity: &Identity) -> Result<SessionCredentials, Failure> {
        let opened = self.aws.session(identity).await;
        let session = opened.map_err(|failure| self.throttles.spread(failure))?;
        self.throttles.over();
        Ok(SessionCredentials::from(&session))
    }

    fn store(&self, key: Option<&SessionKey>) -> Option<Store<SessionCredentials>> {
        Some(Store::in_folder(self.cache.as_deref()?, key?.as_str()))
    }

    /// What an earlier process has left, for the first session of this one.
    async fn left_behind(
        &self,
        key: &SessionKey,
        store: Option<&Store<SessionCredentials>>,
    ) -> Option<SessionCredentials> {
        if self.state().has_begun {
            return None;
        }
        let now = self.clock.now();
        let stored = store.cloned();
        let stored = files::aside(move || stored.and_then(|store| store.read(now))).await;
        let found = stored
            .ok()
            .flatten()
            .or_else(|| self.earlier.as_ref()?(key));
        found.map(|found| found.with_key(Some(key.clone())))
    }

    fn is_fresh(&self, credentials: &SessionCredentials) -> bool {
        let due = Schedule::SESSION.at(credentials.lifetime, self.clock.now(), 0.0);
        matches!(due, Due::Fresh { .. })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
