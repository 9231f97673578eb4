use refresh::{Fault as _, Source};
use tokio::sync::Notify;

use super::filled::Filled;
use super::group::Group;
use crate::ecr::Tokens;
use crate::failure::Failure;
use crate::tally::{Outcome, Tally};

/// Where the tokens of a group come from.
pub(crate) struct TokenSource<'a> {
    group: &'a Group<'a>,
    tally: &'a Tally,
    /// Something was tried.
    pub(super) landed: Notify,
}

impl<'a> TokenSource<'a> {
    pub(super) fn new(group: &'a Group<'a>, tally: &'a Tally) -> Self {
        Self {
            group,
            tally,
            landed: Notify::new(),
        }
    }
}

impl Source for TokenSource<'_> {
    type Value = Filled;
    type Error = Failure;

    async fn obtain(&self) -> Result<Filled, Failure> {
        let obtained = obtain(self.group).await;
        self.tally.count(match &obtained {
            Ok(_) => Outcome::Obtained,
            Err(failure) => failure.fault().into(),
        });
        self.landed.notify_one();
        obtained
    }
}

/// One login, one certificate, one session, and a token for each scope.
async fn obtain(group: &Group<'_>) -> Result<Filled, Failure> {
    Filled::obtain(group, Tokens::without_cache).await
}
