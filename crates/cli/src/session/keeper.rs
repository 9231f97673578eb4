use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use refresh::{Backoff, Clock, Fault as _};

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
    throttles: Throttles,
}

/// How often in a row AWS has said that we are too many.
///
/// The quota is an account's. Where it does not say when to come back, a fleet
/// that was started at one moment spreads by itself: over half a minute first,
/// over twice as long each time, over five minutes at the most.
#[derive(Debug, Default)]
struct Throttles(AtomicU32);

impl Throttles {
    fn spread(&self, failure: Failure) -> Failure {
        if failure.code() != "aws.throttled" || failure.retry_after().is_some() {
            return failure;
        }
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        failure.with_retry_after(Some(SPREAD.delay(before, fastrand::f64(), None)))
    }

    fn over(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

const SPREAD: Backoff = Backoff {
    base: Duration::from_secs(30),
    cap: Duration::from_mins(5),
};

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
            throttles: Throttles::default(),
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
        let opened = self.aws.session(&identity).await;
        let session = opened.map_err(|failure| self.throttles.spread(failure))?;
        self.throttles.over();
        let credentials = SessionCredentials::from(&session);
        if let Some(store) = self.store.clone() {
            let kept = credentials.clone();
            // A file server that hangs keeps nobody waiting for credentials.
            drop(tokio::task::spawn_blocking(move || store.write(&kept)));
        }
        Ok(credentials)
    }
}

#[cfg(test)]
mod tests {
    use refresh::FaultKind;

    use super::*;

    #[test]
    fn a_fleet_that_is_throttled_spreads_more_each_time() {
        let throttled = || Failure::new("aws.throttled", FaultKind::Unavailable, "too many");
        let throttles = Throttles::default();
        let mut longest = [Duration::ZERO; 6];
        for _ in 0..300 {
            for longest in &mut longest {
                let wait = throttles.spread(throttled()).retry_after().unwrap();
                *longest = wait.max(*longest);
            }
            throttles.over();
        }
        let within = [30, 60, 120, 240, 300, 300].map(Duration::from_secs);
        for (longest, within) in longest.into_iter().zip(within) {
            assert!(
                longest <= within && longest > within * 9 / 10,
                "{longest:?}"
            );
        }
        let asked = throttled().with_retry_after(Some(Duration::from_secs(7)));
        let asked = throttles.spread(asked).retry_after();
        assert_eq!(
            asked,
            Some(Duration::from_secs(7)),
            "what AWS asks for counts"
        );
        let other = Failure::new("aws.denied", FaultKind::Denied, "no");
        assert_eq!(throttles.spread(other).retry_after(), None);
    }
}
