use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

/// How far AWS's clock is from ours, as far as that was learnt.
#[derive(Debug, Default)]
pub(super) struct ServiceClock(Mutex<SignedDuration>);

impl ServiceClock {
    /// Learns that it was `theirs` for AWS when our clock showed `ours`.
    pub(super) fn learn(&self, ours: SystemTime, theirs: SystemTime) {
        let times = (Timestamp::try_from(ours), Timestamp::try_from(theirs));
        if let (Ok(ours), Ok(theirs)) = times {
            *self.lock() = theirs.duration_since(ours);
        }
    }

    /// AWS's time when our clock shows `ours`.
    pub(super) fn theirs(&self, ours: SystemTime) -> SystemTime {
        shifted(ours, *self.lock())
    }

    /// What our clock shows when it is `theirs` for AWS.
    pub(super) fn ours(&self, theirs: SystemTime) -> SystemTime {
        shifted(theirs, -*self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, SignedDuration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shifted(time: SystemTime, by: SignedDuration) -> SystemTime {
    let shifted = Timestamp::try_from(time).and_then(|time| time.checked_add(by));
    shifted.map_or(time, SystemTime::from)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_learnt_goes_both_ways() {
        let at = |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        let clock = ServiceClock::default();
        assert_eq!(clock.theirs(at(1000)), at(1000));
        clock.learn(at(1000), at(4600));
        assert_eq!(clock.theirs(at(1010)), at(4610));
        assert_eq!(clock.ours(at(4610)), at(1010));
        clock.learn(at(1000), at(400));
        assert_eq!(clock.theirs(at(1010)), at(410));
    }
}
