use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

/// The future that [`Clock::sleep`] returns.
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Wall-clock time and a way to wait for it.
///
/// Only loops hold one; everything else takes the time as an argument. A wait
/// may last longer than asked (a suspended machine) and the wall clock may jump
/// in both directions: whoever sleeps reads [`Clock::now`] again afterwards.
pub trait Clock: Debug + Send + Sync {
    /// The wall-clock time.
    fn now(&self) -> SystemTime;

    /// Waits for about `duration`.
    fn sleep(&self, duration: Duration) -> Sleep<'_>;
}

/// The operating system's clock, with tokio's timer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the wall clock"
    )]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that stands still until it is told the time, for tests.
///
/// [`Clock::sleep`] ends once the time has been [advanced](ManualClock::advance)
/// by its duration, or [set](ManualClock::set) beyond its end.
#[derive(Clone, Debug)]
pub struct ManualClock {
    inner: Arc<ManualInner>,
}

#[derive(Debug)]
struct ManualInner {
    now: Mutex<SystemTime>,
    changed: Notify,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: SystemTime) -> Self {
        Self {
            inner: Arc::new(ManualInner {
                now: Mutex::new(now),
                changed: Notify::new(),
            }),
        }
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        self.set(self.now() + duration);
    }

    /// Sets the clock, forwards or backwards.
    pub fn set(&self, now: SystemTime) {
        *self
            .inner
            .now
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = now;
        self.inner.changed.notify_waiters();
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        *self
            .inner
            .now
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        let end = self.now() + duration;
        Box::pin(async move {
            loop {
                // Registered before the look at the time: a change in between is not missed.
                let changed = self.inner.changed.notified();
                if self.now() >= end {
                    return;
                }
                changed.await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_sleep_ends_when_the_time_has_come() {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
        let mut sleep = clock.sleep(Duration::from_secs(10));
        assert!(futures_poll(&mut sleep).await.is_none());
        clock.advance(Duration::from_secs(9));
        assert!(futures_poll(&mut sleep).await.is_none());
        clock.advance(Duration::from_secs(1));
        assert!(futures_poll(&mut sleep).await.is_some());
    }

    /// Polls once.
    async fn futures_poll(sleep: &mut Sleep<'_>) -> Option<()> {
        tokio::select! {
            biased;
            () = sleep => Some(()),
            () = std::future::ready(()) => None,
        }
    }
}
