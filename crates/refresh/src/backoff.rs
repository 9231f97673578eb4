use std::time::Duration;

/// Full-jitter exponential backoff: a random wait between nothing and
/// `base × 2^attempt`, never more than `cap`.
///
/// Full jitter spreads a fleet that failed at the same moment better than any
/// wait with a fixed part (AWS Architecture Blog, "Exponential Backoff And
/// Jitter").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Backoff {
    /// The upper bound of the first wait.
    pub base: Duration,
    /// The upper bound of every wait.
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
    /// (`Retry-After`), that is the lower bound, itself bounded by `cap`.
    pub fn delay(&self, attempt: u32, random: f64, retry_after: Option<Duration>) -> Duration {
        let ceiling = self
            .base
            .saturating_mul(2_u32.saturating_pow(attempt.min(31)))
            .min(self.cap);
        let jittered = ceiling.mul_f64(random.clamp(0.0, 1.0));
        match retry_after {
            Some(asked) => asked.min(self.cap) + jittered.min(self.base),
            None => jittered,
        }
    }
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
        ] {
            assert_eq!(
                backoff.delay(attempt, random, None),
                expected,
                "attempt {attempt}, random {random}"
            );
        }
    }

    #[test]
    fn waits_at_least_as_long_as_asked_but_never_for_ever() {
        let backoff = Backoff {
            base: SECOND,
            cap: 10 * SECOND,
        };
        assert_eq!(backoff.delay(0, 0.0, Some(3 * SECOND)), 3 * SECOND);
        assert_eq!(backoff.delay(5, 1.0, Some(3 * SECOND)), 4 * SECOND);
        assert_eq!(backoff.delay(0, 0.0, Some(86_400 * SECOND)), 10 * SECOND);
    }
}
