use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::stream::{self, StreamExt as _};
use pod_identity::ServiceAccount;
use refresh::Clock;

use super::account::Account;
use super::accounts::Accounts;
use super::replicas::Replica;
use super::siblings::Siblings;

/// A session that some who should have it do not have yet.
pub(super) struct Lacking {
    pub(super) key: ServiceAccount,
    pub(super) account: Arc<Account>,
    pub(super) by: Vec<Replica>,
    /// When the session ends.
    pub(super) end: SystemTime,
}

/// Sees to it that the first two brokers of each account have its session, for as
/// long as this is awaited: when something was obtained, and when other brokers are
/// ready. Who could not be reached is told again, every now and then.
pub(super) async fn keep(
    accounts: &Accounts,
    siblings: &Siblings,
    clock: &dyn Clock,
) -> Infallible {
    let mut ready = siblings.ready();
    loop {
        tokio::select! {
            () = siblings.announced() => {}
            // The sender is the siblings' own: it does not go away.
            _ = ready.changed() => {
                let ready = ready.borrow_and_update().clone().unwrap_or_default();
                siblings.all_due(accounts.reconsider_holders(&ready));
            }
            () = clock.sleep(NOW_AND_THEN) => {}
        }
        // Several land together, and each lands only after it was announced.
        clock.sleep(A_MOMENT).await;
        let lacking = stream::iter(accounts.lacking(siblings));
        let told = lacking.for_each_concurrent(AT_ONCE, |it| it.tell(siblings));
        told.await;
    }
}

impl Lacking {
    async fn tell(self, siblings: &Siblings) {
        for replica in self.by {
            let told = self.account.tell((&self.key, self.end), replica, siblings);
            if !told.await {
                siblings.postpone(&self.key);
            }
        }
    }
}

const NOW_AND_THEN: Duration = Duration::from_secs(10);
const A_MOMENT: Duration = Duration::from_millis(100);
const AT_ONCE: usize = 16;
