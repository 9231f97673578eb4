use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use refresh::Clock;

/// Lets one after the other go, so many in a second: the quota of `CreateSession`
/// is an account's, and what is thrown at it beyond that comes back.
pub(super) struct Pace {
    clock: Arc<dyn Clock>,
    /// When the last one was to go. Who holds it goes next; the others stand in
    /// line, and do not know yet when: the pace may change, and what a machine missed
    /// that was busy elsewhere must not all be thrown at AWS at once.
    last: tokio::sync::Mutex<Option<SystemTime>>,
    between: Mutex<Duration>,
}

impl Pace {
    pub(super) fn new(per_second: f64, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            last: tokio::sync::Mutex::new(None),
            between: Mutex::new(between(per_second)),
        }
    }

    /// So many from now on: others may share the quota.
    pub(super) fn set(&self, per_second: f64) {
        *lock(&self.between) = between(per_second);
    }

    /// Waits for one's turn, which comes to those who came first.
    pub(super) async fn turn(&self) {
        let mut last = self.last.lock().await;
        let between = *lock(&self.between);
        let now = self.clock.now();
        let due = match *last {
            // A clock that was set back makes nobody wait for it.
            Some(last) if last <= now => last + between,
            _ => now,
        };
        if let Ok(wait) = due.duration_since(now) {
            self.clock.sleep(wait).await;
        }
        // What is late is made up for, but no more than a little.
        let earliest = self.clock.now().checked_sub(LATENESS);
        *last = earliest.max(Some(due));
    }
}

fn between(per_second: f64) -> Duration {
    Duration::from_secs_f64(1.0 / per_second.max(0.01))
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// On a busy machine timers come late. AWS lets a second's worth go at once.
const LATENESS: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use refresh::ManualClock;

    use super::*;

    fn start() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)
    }

    /// How many of ten that stand in line go at each of these moments, in
    /// milliseconds; before each, something may happen.
    async fn gone(moments: &[u64], mut before: impl FnMut(u64, &Pace)) -> Vec<usize> {
        let clock = ManualClock::new(start());
        let pace = Pace::new(10.0, Arc::new(clock.clone()));
        let mut line: Vec<_> = (0..10).map(|_| Box::pin(pace.turn())).collect();
        let mut gone = Vec::new();
        for moment in moments {
            clock.set(start() + Duration::from_millis(*moment));
            before(*moment, &pace);
            let mut waiting = Vec::new();
            let all = line.len();
            for mut turn in line {
                if poll!(turn.as_mut()).is_pending() {
                    waiting.push(turn);
                }
            }
            gone.push(all - waiting.len());
            line = waiting;
        }
        gone
    }

    #[tokio::test]
    async fn turns_are_equally_far_apart() {
        let gone = gone(&[0, 50, 99, 100, 150, 200, 300], |_, _| {}).await;
        assert_eq!(gone, [1, 0, 0, 1, 0, 1, 1]);
    }

    #[tokio::test]
    async fn what_is_late_is_made_up_for_in_part() {
        // A moment in which nothing ran, and then a while; and the pace as before.
        let late = gone(&[0, 250, 299, 300], |_, _| {}).await;
        assert_eq!(late, [1, 2, 0, 1]);
        let very_late = gone(&[0, 60_000, 60_050, 60_100], |_, _| {}).await;
        assert_eq!(very_late, [1, 6, 0, 1]);
    }

    #[tokio::test]
    async fn another_pace_is_that_of_all_who_wait() {
        let gone = gone(&[0, 100, 200, 220, 240, 260], |moment, pace| {
            if moment == 200 {
                pace.set(50.0);
            }
        });
        assert_eq!(gone.await, [1, 1, 1, 1, 1, 1]);
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_makes_nobody_wait_for_hours() {
        let clock = ManualClock::new(start());
        let pace = Pace::new(10.0, Arc::new(clock.clone()));
        pace.turn().await;
        clock.set(start() - Duration::from_secs(600));
        pace.turn().await;
        let mut next = Box::pin(pace.turn());
        assert!(poll!(next.as_mut()).is_pending());
        clock.advance(Duration::from_millis(100));
        next.await;
    }
}
