use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::stream::{self, StreamExt as _};
use pod_identity::ServiceAccount;
use refresh::Clock;

use super::account::{Account, Copied};
use super::accounts::Accounts;
use super::replicas::Replica;
use super::siblings::Siblings;

/// A session of which the second broker of its account has no copy yet.
pub(super) struct Uncopied {
    pub(super) key: ServiceAccount,
    pub(super) account: Arc<Account>,
    pub(super) second: Replica,
    /// When the session ends.
    pub(super) end: SystemTime,
}

/// Sees to it that no broker is the only one to have a session, for as long as
/// this is awaited: when something was obtained, when other brokers are ready,
/// and every now and then, as one may not have been reached, or has begun anew
/// too fast for anybody to notice.
pub(super) async fn keep(
    accounts: &Accounts,
    siblings: &Siblings,
    clock: &dyn Clock,
) -> Infallible {
    let mut ready = siblings.ready();
    let mut begun = clock.now();
    loop {
        tokio::select! {
            () = siblings.announced() => {}
            // The sender is the siblings' own: it does not go away.
            _ = ready.changed() => accounts.reconsider_copies(siblings),
            () = clock.sleep(NOW_AND_THEN) => {}
        }
        // Several land together, and each lands only after it was announced.
        clock.sleep(A_MOMENT).await;
        if is_over(begun, clock.now()) {
            begun = clock.now();
            accounts.forget_copies();
        }
        let uncopied = stream::iter(accounts.uncopied(siblings));
        let copied = uncopied.for_each_concurrent(AT_ONCE, |it| it.have_copied(siblings));
        copied.await;
    }
}

impl Uncopied {
    async fn have_copied(self, siblings: &Siblings) {
        let asked = self
            .account
            .have_copied((&self.key, &self.second), siblings);
        if asked.await {
            let (by, end) = (Some(self.second), self.end);
            self.account.remember(Copied { by, end });
        }
    }
}

/// Whether all copies are to be taken once more; a clock that was set back says so.
fn is_over(begun: SystemTime, now: SystemTime) -> bool {
    now.duration_since(begun)
        .map_or(true, |passed| passed >= ROUND)
}

const ROUND: Duration = Duration::from_mins(10);
const NOW_AND_THEN: Duration = Duration::from_secs(10);
const A_MOMENT: Duration = Duration::from_millis(100);
const AT_ONCE: usize = 16;
