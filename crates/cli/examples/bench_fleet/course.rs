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
    /// How long it was watched.
    pub(crate) watched: Duration,
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

    /// When all have them at the best: if from the end of what was watched on, no
    /// session is opened later than the quota allows.
    pub(crate) fn expected(&self) -> Duration {
        let missing = self.sessions_needed.saturating_sub(self.calls.sessions);
        self.watched + Duration::from_secs_f64(float(missing) / f64::from(QUOTA))
    }
}

pub(crate) fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// `CreateSession`s a second: what AWS allows an account in a region.
pub(crate) const QUOTA: u32 = 10;
