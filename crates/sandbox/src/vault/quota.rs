use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::VaultError;

/// A rate-limit quota: so many requests below a path in each interval.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RateLimit {
    /// The path that is limited with all below it, behind `/v1/`: `pki-aws/`.
    pub path: String,
    /// How many requests are answered.
    pub requests: u32,
    /// In which time.
    pub interval: Duration,
}

/// The quota in force, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Quota(Mutex<Option<Window>>);

#[derive(Debug)]
struct Window {
    limit: RateLimit,
    start: SystemTime,
    answered: u32,
}

impl Quota {
    /// Puts a limit in force, or lifts it.
    pub(crate) fn set(&self, limit: Option<RateLimit>, now: SystemTime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = limit.map(|limit| Window {
            limit,
            start: now,
            answered: 0,
        });
    }

    /// Counts a request.
    pub(super) fn check(&self, path: &str, now: SystemTime) -> Result<(), VaultError> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(window) = window.as_mut() else {
            return Ok(());
        };
        if !path.starts_with(&window.limit.path) {
            return Ok(());
        }
        let passed = now.duration_since(window.start);
        if passed.is_ok_and(|passed| passed >= window.limit.interval) {
            window.start = now;
            window.answered = 0;
        }
        if window.answered >= window.limit.requests {
            return Err(VaultError::throttled(path));
        }
        window.answered += 1;
        Ok(())
    }
}
