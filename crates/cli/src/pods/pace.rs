use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use refresh::Clock;

/// Lets one after the other go, so many in a second: the quota of `CreateSession`
/// is an account's, and what is thrown at it beyond that comes back.
pub(super) struct Pace {
    clock: Arc<dyn Clock>,
    /// When the next one may go, and when that was said.
    next: Mutex<(SystemTime, SystemTime)>,
    between: Mutex<Duration>,
}

impl Pace {
    pub(super) fn new(per_second: f64, clock: Arc<dyn Clock>) -> Self {
        Self {
            next: Mutex::new((clock.now(), clock.now())),
            clock,
            between: Mutex::new(between(per_second)),
        }
    }

    /// So many from now on: others may share the quota.
    pub(super) fn set(&self, per_second: f64) {
        *lock(&self.between) = between(per_second);
    }

    /// Waits for one's turn.
    pub(super) async fn turn(&self) {
        let wait = self.take();
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
    }

    fn take(&self) -> Duration {
        let now = self.clock.now();
        let between = *lock(&self.between);
        let mut said = lock(&self.next);
        // A clock that was set back makes nobody wait for it.
        let next = if now < said.1 { now } else { said.0 };
        let turn = next.max(now);
        *said = (turn + between, now);
        turn.duration_since(now).unwrap_or_default()
    }
}

fn between(per_second: f64) -> Duration {
    Duration::from_secs_f64(1.0 / per_second.max(0.01))
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use refresh::ManualClock;

    use super::*;

    fn start() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)
    }

    #[test]
    fn turns_are_equally_far_apart_and_none_is_saved_up() {
        let clock = ManualClock::new(start());
        let pace = Pace::new(10.0, Arc::new(clock.clone()));
        let waits: Vec<_> = (0..4).map(|_| pace.take().as_millis()).collect();
        assert_eq!(waits, [0, 100, 200, 300]);
        clock.advance(Duration::from_secs(60));
        let waits: Vec<_> = (0..2).map(|_| pace.take().as_millis()).collect();
        assert_eq!(waits, [0, 100]);
        pace.set(5.0);
        let waits: Vec<_> = (0..2).map(|_| pace.take().as_millis()).collect();
        assert_eq!(waits, [200, 400]);
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nobody_wait_for_hours() {
        let clock = ManualClock::new(start());
        let pace = Pace::new(10.0, Arc::new(clock.clone()));
        pace.take();
        clock.set(start() - Duration::from_secs(600));
        assert_eq!(pace.take(), Duration::ZERO);
        assert_eq!(pace.take().as_millis(), 100);
    }
}
