use std::time::Duration;

use iamra_sandbox::{Operation, Sandbox};

/// How a start went, as far as it was watched.
#[derive(Debug)]
pub(crate) struct Course {
    /// Of the pods that have credentials, from the moment that they all start.
    pub(crate) times: Vec<Duration>,
    pub(crate) pods: usize,
    /// Of those.
    pub(crate) longest_wait: Option<Duration>,
    /// Sessions that it takes until all have credentials.
    pub(crate) sessions_needed: usize,
    /// How long it was watched, and sessions that were opened by half of that.
    pub(crate) watched: (Duration, usize),
    pub(crate) calls: Calls,
}

/// What was asked of Vault, AWS and the API server: by agents and brokers for their
/// own certificates, too.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Calls {
    pub(crate) sessions: usize,
    pub(crate) throttled: usize,
    pub(crate) logins: usize,
    pub(crate) certificates: usize,
    pub(crate) reviews: usize,
}

impl Calls {
    pub(crate) fn so_far(sandbox: &Sandbox) -> Self {
        let requests = sandbox.requests();
        Self {
            sessions: requests.answered(Operation::CreateSession, 201),
            throttled: requests.answered(Operation::CreateSession, 429),
            logins: requests.answered(Operation::VaultLogin, 200),
            certificates: requests.answered(Operation::VaultSign, 200),
            reviews: requests.count(Operation::KubernetesTokenReview),
        }
    }
}

impl Course {
    /// Whether all pods have credentials.
    pub(crate) fn is_whole(&self) -> bool {
        self.times.len() == self.pods
    }

    /// When so many of a hundred have credentials; `None` where that was not watched.
    pub(crate) fn by(&self, percent: usize) -> Option<Duration> {
        let mut times = self.times.clone();
        times.sort_unstable();
        let place = (self.pods * percent).div_ceil(100).max(1);
        times.get(place - 1).copied()
    }

    /// When all have, if sessions are opened as fast as in the second half of what
    /// was watched, by when the first that the quota saves up is spent.
    pub(crate) fn expected(&self) -> Option<Duration> {
        let (watched, by_half) = self.watched;
        let late = self.calls.sessions.checked_sub(by_half)?;
        let missing = self.sessions_needed.saturating_sub(self.calls.sessions);
        let rest = watched.as_secs_f64() / 2.0 * float(missing) / float(late);
        rest.is_finite()
            .then(|| watched + Duration::from_secs_f64(rest))
    }
}

pub(crate) fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
