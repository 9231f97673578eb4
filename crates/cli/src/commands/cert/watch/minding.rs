use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use super::{LONGEST_WAIT, Watch};
use crate::certificate::{Standing, Wanting};
use crate::failure::Failure;

impl Watch {
    /// Looks whether the files are still what we put there: somebody may have
    /// removed them, or replaced them by better ones.
    pub(super) async fn mind_the_folder(&self) -> Infallible {
        let mut mended: Option<SystemTime> = None;
        loop {
            self.clock.sleep(LONGEST_WAIT).await;
            let standing = self.kept.source().look().await;
            let is_there = matches!(
                &standing,
                Ok(Standing {
                    usable: Some(_),
                    ..
                })
            );
            self.is_there.store(is_there, Ordering::Relaxed);
            let now = self.clock.now();
            // A mount that is gone for good is not mended each half a minute.
            let may_mend = mended.is_none_or(|at| now < at || now >= at + BETWEEN_MENDINGS);
            if may_mend && self.wants_mending(standing) {
                mended = Some(now);
                self.kept.refresh_now();
            }
        }
    }

    /// Whether a refresh would do something: adopt what another process has put
    /// there, or replace what is lost. What is due is the schedule's.
    fn wants_mending(&self, standing: Result<Standing, Failure>) -> bool {
        let known = self.kept.source().delivered().map(|facts| facts.serial);
        // Before the first one, there is nothing to mend.
        let (Some(known), Ok(standing)) = (known, standing) else {
            return false;
        };
        match (standing.wanting, standing.usable) {
            (None, Some(found)) => found.serial != known,
            (None | Some(Wanting::Due | Wanting::Expired | Wanting::NotYetValid), _) => false,
            (Some(why), _) => {
                tracing::warn!("the certificate on disk is not the one that was put there: {why}");
                true
            }
        }
    }

    /// A certificate that hangs on a token ends with it: another one is
    /// obtained while the token is still good.
    pub(super) async fn mind_the_lease(&self) -> Infallible {
        let keeper = self.kept.source();
        loop {
            keeper.leased.notified().await;
            // Looked at after a wait, never at once: whatever is told us, there
            // is no more than one certificate in that time.
            loop {
                self.clock.sleep(LONGEST_WAIT).await;
                if keeper.is_lease_ending().await {
                    break;
                }
            }
            tracing::info!("the certificate ends with the token that it hangs on");
            self.refresh_now();
        }
    }
}

const BETWEEN_MENDINGS: Duration = Duration::from_mins(5);
