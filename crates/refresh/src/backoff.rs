use std::time::Duration;

/// Full-jitter exponential backoff: a random wait between nothing and
/// `base × 2^attempt`, never more than `cap`; but never less than the other
/// side asked for.
///
/// Full jitter spreads a fleet that failed at the same moment better than any
/// wait with a fixed part (AWS Architecture Blog, "Exponential Backoff And
/// Jitter").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Backoff {
    /// The upper bound of the first wait, and of what is added to a wait that
    /// was asked for.
    pub base: Duration,
    /// The upper bound of every wait that the other side did not ask for.
    pub cap: Duration,
}

impl Backoff {
    /// For one request inside a deadline of seconds.
    pub const REQUEST: Self = Self {
        base: Duration::from_millis(200),
        cap: Duration::from_secs(5),
    };

    /// For a loop that has all the time until its value expires.
    pub const LOOP: Self = Self {
        base: Duration::from_secs(1),
        cap: Duration::from_mins(5),
    };

    /// The wait after the failed attempt number `attempt`, counted from 0.
    ///
    /// `random` is uniform in `0.0..1.0`. Where the other side asked for a wait
    /// (`Retry-After`), the wait is that, whatever `cap` is, and up to `base`
    /// more, so that those who were all told the same do not come back
    /// together. Whoever cannot wait that long gives up; coming back earlier
    /// is what was asked not to be done.
    pub fn delay(&self, attempt: u32, random: f64, retry_after: Option<Duration>) -> Duration {
        let ceiling = self
            .base
            .saturating_mul(2_u32.saturating_pow(attempt.min(31)))
            .min(self.cap);
        let jittered = portion(ceiling, random);
        match retry_after {
            Some(asked) => asked.saturating_add(jittered.min(self.base)),
            None => jittered,
        }
    }
}

/// `random` of `whole`, whatever number `random` is.
fn portion(whole: Duration, random: f64) -> Duration {
    // A NaN is not greater than anything: no wait.
    let random = if random > 0.0 { random.min(1.0) } else { 0.0 };
    // The longest duration is rounded up to what no longer is one.
    Duration::try_from_secs_f64(whole.as_secs_f64() * random).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn doubles_up_to_the_cap_and_is_scaled_by_the_random_part() {
        let backoff = Backoff {
            base: SECOND,
            cap: 10 * SECOND,
        };
        for (attempt, random, expected) in [
            (0, 1.0, SECOND),
            (1, 1.0, 2 * SECOND),
            (3, 1.0, 8 * SECOND),
            (4, 1.0, 10 * SECOND),
            (u32::MAX, 1.0, 10 * SECOND),
            (3, 0.5, 4 * SECOND),
            (3, 0.0, Duration::ZERO),
            (0, 7.0, SECOND),
            (0, -1.0, Duration::ZERO),
            (0, f64::NAN, Duration::ZERO),
            (0, f64::INFINITY, SECOND),
        ] {
            assert_eq!(
                backoff.delay(attempt, random, None),
                expected,
                "attempt {attempt}, random {random}"
            );
        }
    }

    #[test]
    fn waits_as_long_as_asked_and_at_most_the_base_longer() {
        let backoff = Backoff {
            base: SECOND,
            cap: 10 * SECOND,
        };
        for (attempt, random, asked, expected) in [
            (0, 0.0, 3 * SECOND, 3 * SECOND),
            (5, 1.0, 3 * SECOND, 4 * SECOND),
            (0, 0.0, 86_400 * SECOND, 86_400 * SECOND),
            (5, 1.0, 86_400 * SECOND, 86_401 * SECOND),
            (5, 1.0, Duration::MAX, Duration::MAX),
        ] {
            assert_eq!(
                backoff.delay(attempt, random, Some(asked)),
                expected,
                "asked for {asked:?}"
            );
        }
    }

    #[test]
    fn the_longest_wait_is_a_wait() {
        let backoff = Backoff {
            base: Duration::MAX,
            cap: Duration::MAX,
        };
        assert_eq!(backoff.delay(3, 1.0, None), Duration::MAX);
    }
}
