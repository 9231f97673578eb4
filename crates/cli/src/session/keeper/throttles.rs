use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use refresh::{Backoff, Fault as _};

use crate::failure::Failure;

/// How often in a row AWS has said that we are too many.
///
/// The quota is an account's. Where it does not say when to come back, a fleet
/// that was started at one moment spreads by itself: over half a minute first,
/// over twice as long each time, over five minutes at the most.
#[derive(Debug, Default)]
pub(crate) struct Throttles(AtomicU32);

impl Throttles {
    pub(crate) fn spread(&self, failure: Failure) -> Failure {
        if failure.code() != "aws.throttled" || failure.retry_after().is_some() {
            return failure;
        }
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        failure.with_retry_after(Some(SPREAD.delay(before, fastrand::f64(), None)))
    }

    pub(crate) fn over(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

const SPREAD: Backoff = Backoff {
    base: Duration::from_secs(30),
    cap: Duration::from_mins(5),
};

#[cfg(test)]
mod tests {
    use refresh::FaultKind;

    use super::*;

    #[test]
    fn a_fleet_that_is_throttled_spreads_more_each_time() {
        let refusal = || Failure::new("aws.throttled", FaultKind::Unavailable, "too many");
        let throttles = Throttles::default();
        let mut longest = [Duration::ZERO; 6];
        for _ in 0..300 {
            for longest in &mut longest {
                let wait = throttles.spread(refusal()).retry_after().unwrap();
                *longest = wait.max(*longest);
            }
            throttles.over();
        }
        let within = [30, 60, 120, 240, 300, 300].map(Duration::from_secs);
        for (longest, within) in longest.into_iter().zip(within) {
            assert!(
                longest <= within && longest > within * 9 / 10,
                "{longest:?}"
            );
        }
        let asked = refusal().with_retry_after(Some(Duration::from_secs(7)));
        let asked = throttles.spread(asked).retry_after();
        assert_eq!(
            asked,
            Some(Duration::from_secs(7)),
            "what AWS asks for counts"
        );
        let other = Failure::new("aws.denied", FaultKind::Denied, "no");
        assert_eq!(throttles.spread(other).retry_after(), None);
    }
}
