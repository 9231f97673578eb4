use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rolesanywhere::Identity;

use crate::failure::Failure;
use crate::identity::{IdentitySource, unusable};

/// An identity that somebody else replaces: files, an agent, a token.
///
/// It is looked at for each session, as a whole: certificate, key and
/// intermediates of one moment. While it cannot be read (half of a rotation is
/// there, say), the last one that could is used, as long as it is valid.
pub(super) struct Present {
    source: Arc<IdentitySource>,
    last: Mutex<Option<Arc<Identity>>>,
}

impl Present {
    pub(super) fn new(source: IdentitySource) -> Self {
        Self {
            source: Arc::new(source),
            last: Mutex::default(),
        }
    }

    pub(super) async fn identity(&self, now: SystemTime) -> Result<Arc<Identity>, Failure> {
        match self.source.identity(now).await {
            Ok(identity) => {
                let identity = Arc::new(identity);
                *self.last() = Some(Arc::clone(&identity));
                Ok(identity)
            }
            Err(failure) => self.last_good(now, failure),
        }
    }

    fn last_good(&self, now: SystemTime, failure: Failure) -> Result<Arc<Identity>, Failure> {
        let last = self.last().clone();
        let Some(identity) = last.filter(|last| unusable(last, now).is_none()) else {
            return Err(failure);
        };
        let (code, hint) = (failure.code(), failure.hint());
        tracing::warn!(code, hint, "{failure}; the certificate from before is used");
        Ok(identity)
    }

    pub(super) fn not_after(&self) -> Option<SystemTime> {
        Some(self.last().as_ref()?.certificate().not_after())
    }

    pub(super) async fn finish(&self) {
        self.source.finish().await;
    }

    fn last(&self) -> MutexGuard<'_, Option<Arc<Identity>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
