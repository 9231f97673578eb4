use std::time::{Duration, SystemTime};

use crate::Lifetime;

/// When in its life a value is replaced: pure arithmetic.
///
/// A value is due after a fixed portion of its life, or earlier where what is
/// left would fall below a minimum. Jitter takes up to [`Schedule::JITTER_PERCENT`]
/// of the life off, so that a fleet started at one moment spreads; it only ever
/// makes a refresh earlier, so the minimum holds with any jitter.
///
/// However short the life, nothing is due before a third of it, nor within its
/// first second: a minimum that a short life cannot keep is no reason to ask
/// without pause. [`Schedule::no_later_than`] asks for more, at most once a
/// second.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Schedule {
    /// The portion of the life after which the value is due, as a fraction.
    portion: (u32, u32),
    /// What must be left of the life when the value is due.
    least_remaining: Duration,
    /// The same as a percentage of the life; the larger of the two counts.
    least_remaining_percent: u32,
    /// The age at which it is due in any case.
    latest: Duration,
}

/// What to do with a value now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever holds a value has to answer all four"
)]
pub enum Due {
    /// Use it; it is due at `until`.
    Fresh {
        /// When the value becomes due, if the clock does not jump.
        until: SystemTime,
    },
    /// Use it, and replace it.
    Due,
    /// Do not use it.
    Expired,
    /// Its life has not begun: the clock is behind, or has been set back since
    /// it was issued. When it ends cannot be told from this clock: replace it.
    NotYetValid,
}

impl Schedule {
    /// A certificate: due after two thirds, with at least 10 % and 2 minutes left.
    pub const CERTIFICATE: Self = Self {
        portion: (2, 3),
        least_remaining: Duration::from_mins(2),
        least_remaining_percent: 10,
        latest: Duration::MAX,
    };

    /// A session: due after two thirds, with at least 5 minutes left, because
    /// the AWS SDKs begin to ask for new credentials 5 minutes before the end.
    pub const SESSION: Self = Self {
        portion: (2, 3),
        least_remaining: Duration::from_mins(5),
        least_remaining_percent: 0,
        latest: Duration::MAX,
    };

    /// A lease that is renewed, as a token of Vault's: due after two thirds,
    /// with at least 10 % left.
    pub const LEASE: Self = Self {
        portion: (2, 3),
        least_remaining: Duration::ZERO,
        least_remaining_percent: 10,
        latest: Duration::MAX,
    };

    /// A login or authorization token: due after half.
    pub const TOKEN: Self = Self {
        portion: (1, 2),
        least_remaining: Duration::ZERO,
        least_remaining_percent: 0,
        latest: Duration::MAX,
    };

    /// How much earlier than its portion a value may become due, in percent of
    /// its life.
    pub const JITTER_PERCENT: u32 = 5;

    /// The same, but due at this age at the latest: for an operator who wants
    /// it more often. An age below a second is a second.
    #[must_use]
    pub const fn no_later_than(self, age: Duration) -> Self {
        Self {
            latest: age,
            ..self
        }
    }

    /// When a value becomes due. May lie beyond the end of a life shorter than
    /// a second.
    ///
    /// `random` is uniform in `0.0..1.0`, and drawn once for a value; `0.0`
    /// means no jitter: exactly the portion, where the minimum allows it.
    pub fn refresh_at(&self, lifetime: Lifetime, random: f64) -> SystemTime {
        lifetime.start() + self.age_when_due(lifetime.duration(), random)
    }

    /// What to do at `now` with a value of this lifetime; `random` as in
    /// [`Schedule::refresh_at`].
    pub fn at(&self, lifetime: Lifetime, now: SystemTime, random: f64) -> Due {
        if now >= lifetime.end() {
            return Due::Expired;
        }
        if now < lifetime.start() {
            return Due::NotYetValid;
        }
        let until = self.refresh_at(lifetime, random);
        if now < until {
            Due::Fresh { until }
        } else {
            Due::Due
        }
    }

    fn age_when_due(&self, life: Duration, random: f64) -> Duration {
        let (numerator, denominator) = self.portion;
        let portion = life.saturating_mul(numerator) / denominator;
        let least_remaining = self
            .least_remaining
            .max(percent(life, self.least_remaining_percent));
        // A NaN is not greater than anything: no jitter.
        let random = if random > 0.0 { random.min(1.0) } else { 0.0 };
        let jitter = percent(life, Self::JITTER_PERCENT).mul_f64(random);
        portion
            .min(life.saturating_sub(least_remaining))
            .saturating_sub(jitter)
            .max(life / 3)
            .min(self.latest)
            .max(SHORTEST_AGE)
    }
}

/// Nothing is replaced within this time after its life began.
const SHORTEST_AGE: Duration = Duration::from_secs(1);

fn percent(life: Duration, percent: u32) -> Duration {
    life / 100 * percent
}

#[cfg(test)]
mod tests;
