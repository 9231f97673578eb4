use std::time::{Duration, SystemTime};

/// From when until when a value is valid, as it was issued.
///
/// Taken from the value itself (a certificate's validity, a session's expiry),
/// never from what was asked for: servers shorten without an error.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Lifetime {
    start: SystemTime,
    end: SystemTime,
}

impl Lifetime {
    /// A life from `start` until just before `end`.
    ///
    /// An `end` before `start` gives an empty life: nobody's clock is so wrong
    /// that this should be a panic.
    pub fn new(start: SystemTime, end: SystemTime) -> Self {
        Self {
            start,
            end: end.max(start),
        }
    }

    /// The first moment at which the value is valid.
    pub fn start(&self) -> SystemTime {
        self.start
    }

    /// The first moment at which the value is no longer valid.
    pub fn end(&self) -> SystemTime {
        self.end
    }

    /// How long the value is valid in all.
    pub fn duration(&self) -> Duration {
        self.end.duration_since(self.start).unwrap_or_default()
    }

    /// How much of the life is left at `now`: nothing once it is over, and
    /// never more than all of it.
    pub fn remaining(&self, now: SystemTime) -> Duration {
        self.end
            .duration_since(now)
            .unwrap_or_default()
            .min(self.duration())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_never_negative_and_never_more_than_all() {
        let at = |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        let seconds = Duration::from_secs;
        for (start, end, now, duration, remaining) in [
            (100, 160, 100, 60, 60),
            (100, 160, 130, 60, 30),
            (100, 160, 160, 60, 0),
            (100, 160, 900, 60, 0),
            (100, 160, 10, 60, 60),
            (100, 100, 100, 0, 0),
            (160, 100, 100, 0, 0),
        ] {
            let lifetime = Lifetime::new(at(start), at(end));
            assert_eq!(lifetime.duration(), seconds(duration), "{lifetime:?}");
            assert_eq!(
                lifetime.remaining(at(now)),
                seconds(remaining),
                "{lifetime:?} at {now}"
            );
        }
    }
}
