use std::time::{Duration, SystemTime};

use crate::Clock;

/// How long to sleep at `now` on the way to `target`: at most 30 seconds.
///
/// A timer counts the time that the machine runs. While it is suspended, or
/// when its wall clock is set, a long sleep would end hours too late; so a loop
/// sleeps in short pieces and reads the wall clock after each.
pub fn next_wait(now: SystemTime, target: SystemTime) -> Duration {
    target
        .duration_since(now)
        .unwrap_or_default()
        .min(LONGEST_WAIT)
}

/// Waits until the wall clock shows `target`, whatever happens to it meanwhile.
///
/// Ends at most 30 seconds after the clock was set beyond `target`, or the
/// machine woke from a suspend. A clock that is set back makes the wait longer.
pub async fn wait_until(clock: &dyn Clock, target: SystemTime) {
    loop {
        let wait = next_wait(clock.now(), target);
        if wait.is_zero() {
            return;
        }
        clock.sleep(wait).await;
    }
}

/// No wait is longer than this without a look at the wall clock.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::Sleep;

    const START: SystemTime = SystemTime::UNIX_EPOCH;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn no_wait_is_longer_than_half_a_minute() {
        let now = START + seconds(1000);
        for (target, expected) in [
            (now, Duration::ZERO),
            (now + Duration::from_nanos(1), Duration::from_nanos(1)),
            (now + seconds(29), seconds(29)),
            (now + seconds(30), seconds(30)),
            (now + seconds(31), seconds(30)),
            (now + seconds(u64::from(u32::MAX)), seconds(30)),
            (now - seconds(1), Duration::ZERO),
            (START, Duration::ZERO),
        ] {
            assert_eq!(next_wait(now, target), expected, "{target:?}");
        }
    }

    /// A machine whose wall clock does not only move by the time slept: after
    /// the sleep of the given number it jumps by that many seconds.
    #[derive(Debug)]
    struct Machine {
        jump: (usize, i64),
        wall: Mutex<SystemTime>,
        slept: Mutex<Vec<Duration>>,
    }

    impl Clock for Machine {
        fn now(&self) -> SystemTime {
            *self.wall.lock().unwrap()
        }

        fn sleep(&self, duration: Duration) -> Sleep<'_> {
            let mut slept = self.slept.lock().unwrap();
            slept.push(duration);
            let mut wall = self.wall.lock().unwrap();
            *wall += duration;
            if slept.len() == self.jump.0 {
                let jump = seconds(self.jump.1.unsigned_abs());
                *wall = if self.jump.1 < 0 {
                    *wall - jump
                } else {
                    *wall + jump
                };
            }
            Box::pin(std::future::ready(()))
        }
    }

    #[tokio::test]
    async fn a_wait_ends_soon_after_the_wall_clock_says_so() {
        let now = START + seconds(100_000);
        for (name, wait, jump, slept) in [
            ("an even walk", 65, (0, 0), vec![30, 30, 5]),
            ("already there", 0, (0, 0), vec![]),
            ("suspended for hours", 3600, (2, 20_000), vec![30, 30]),
            ("set forward a little", 90, (1, 50), vec![30, 10]),
            ("set back", 40, (1, -60), vec![30, 30, 30, 10]),
        ] {
            let machine = Machine {
                jump,
                wall: Mutex::new(now),
                slept: Mutex::default(),
            };
            wait_until(&machine, now + seconds(wait)).await;
            let expected: Vec<_> = slept.into_iter().map(seconds).collect();
            assert_eq!(*machine.slept.lock().unwrap(), expected, "{name}");
        }
    }
}
