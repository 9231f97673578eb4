use std::time::{Duration, SystemTime};

use crate::Backoff;

/// A time in which nothing is asked of the other side, after it has failed.
///
/// It begins at a moment and has a length, rather than an end: a clock that is
/// set back ends it, so that it does not last for a year.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pause {
    since: SystemTime,
    length: Duration,
}

impl Pause {
    /// No pause is shorter, unless it is [cut](Pause::until): full jitter may
    /// say "at once", and that would be a storm.
    pub const SHORTEST: Duration = Duration::from_secs(1);

    /// What is obeyed of a wait that the other side asks for, where nothing
    /// else bounds it: a slip (a date in the next year) must not stop us for
    /// longer than this.
    pub const LONGEST_ASKED: Duration = Duration::from_hours(1);

    /// A pause from `since` on.
    pub fn new(since: SystemTime, length: Duration) -> Self {
        let length = length.max(Self::SHORTEST);
        Self { since, length }
    }

    /// The pause after the failure number `misses`, counted from 0: drawn from
    /// `backoff`, and at the least as long as the other side `asked`.
    pub fn after(
        misses: u32,
        backoff: Backoff,
        asked: Option<Duration>,
        since: SystemTime,
    ) -> Self {
        Self::new(since, backoff.delay(misses, fastrand::f64(), asked))
    }

    /// The same, but over at `end` at the latest.
    #[must_use]
    pub fn until(self, end: SystemTime) -> Self {
        let left = end.duration_since(self.since).unwrap_or_default();
        self.at_most(left)
    }

    /// The same, but no longer than `length`.
    #[must_use]
    pub fn at_most(self, length: Duration) -> Self {
        Self {
            length: self.length.min(length),
            ..self
        }
    }

    /// Whether it is not over.
    pub fn lasts(&self, now: SystemTime) -> bool {
        self.left(now).is_some()
    }

    /// When it ends, unless it is over.
    pub fn end(&self, now: SystemTime) -> Option<SystemTime> {
        self.left(now).and_then(|left| now.checked_add(left))
    }

    /// How much of it is left, unless it is over.
    pub fn left(&self, now: SystemTime) -> Option<Duration> {
        let passed = now.duration_since(self.since).ok()?;
        self.length
            .checked_sub(passed)
            .filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1000 + seconds)
    }

    #[test]
    fn it_lasts_for_its_length_and_a_clock_set_back_ends_it() {
        let pause = Pause::new(at(0), Duration::from_secs(60));
        for (now, left) in [(at(0), Some(60)), (at(59), Some(1)), (at(60), None)] {
            assert_eq!(pause.left(now), left.map(Duration::from_secs));
            assert_eq!(pause.end(now).is_some(), pause.lasts(now));
        }
        assert!(!pause.lasts(at(0) - Duration::from_nanos(1)));
    }

    #[test]
    fn it_is_never_nothing_and_may_be_cut() {
        let none = Backoff {
            base: Duration::ZERO,
            cap: Duration::ZERO,
        };
        let pause = Pause::after(0, none, None, at(0));
        assert_eq!(pause.left(at(0)), Some(Pause::SHORTEST));
        let asked = Pause::after(3, none, Some(Duration::MAX), at(0));
        assert_eq!(asked.left(at(0)), Some(Duration::MAX));
        assert_eq!(asked.end(at(0)), None, "no clock shows that time");
        assert!(asked.lasts(at(u64::from(u32::MAX))));
        assert_eq!(asked.until(at(7)).end(at(1)), Some(at(7)));
        assert!(!asked.until(at(0)).lasts(at(0)));
        let hour = asked.at_most(Pause::LONGEST_ASKED);
        assert_eq!(hour.end(at(0)), Some(at(3600)));
    }
}
