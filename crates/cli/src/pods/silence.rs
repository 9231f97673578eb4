use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use refresh::Clock;

/// Which brokers could not be reached just now: what one question has waited for
/// in vain, the others need not find out each for itself.
pub(super) struct Silence {
    since: Mutex<HashMap<SocketAddr, SystemTime>>,
    clock: Arc<dyn Clock>,
}

impl Silence {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            since: Mutex::default(),
            clock,
        }
    }

    /// It could not be reached.
    pub(super) fn begin(&self, broker: SocketAddr) {
        let now = self.clock.now();
        let mut since = self.since();
        since.retain(|_, since| lasts(*since, now));
        since.insert(broker, now);
    }

    /// It has answered.
    pub(super) fn end(&self, broker: SocketAddr) {
        self.since().remove(&broker);
    }

    /// Whether it is asked after the others, if at all.
    pub(super) fn is_of(&self, broker: SocketAddr) -> bool {
        let now = self.clock.now();
        let since = self.since().get(&broker).copied();
        since.is_some_and(|since| lasts(since, now))
    }

    fn since(&self) -> MutexGuard<'_, HashMap<SocketAddr, SystemTime>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A clock that was set back ends it.
fn lasts(since: SystemTime, now: SystemTime) -> bool {
    now.duration_since(since)
        .is_ok_and(|passed| passed < LENGTH)
}

/// Short, as one that has just been slow would have its sessions opened twice.
const LENGTH: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use refresh::ManualClock;

    use super::*;

    #[test]
    fn it_ends_by_an_answer_or_by_itself() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        let clock = ManualClock::new(start);
        let silence = Silence::new(Arc::new(clock.clone()));
        let [one, other] = [1, 2].map(|port| SocketAddr::from(([10, 0, 0, 1], port)));
        silence.begin(one);
        silence.begin(other);
        silence.end(other);
        assert!(silence.is_of(one) && !silence.is_of(other));
        clock.advance(LENGTH);
        assert!(!silence.is_of(one));
        silence.begin(one);
        clock.set(start - Duration::from_secs(60));
        assert!(!silence.is_of(one));
    }
}
