use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use refresh::{Backoff, Fault as _};

use crate::failure::Failure;

/// How often in a row AWS has said that we are too many.
///
/// The quota is an account's. Where it does not say when to come back, a fleet
/// that was started at one moment spreads by itself: over half a minute first,
/// over twice as long each time, over five minutes at the most.
#[derive(Debug)]
pub(crate) struct Throttles {
    in_a_row: AtomicU32,
    spread: Backoff,
}

impl Throttles {
    /// Of a few that share the quota out among themselves: it is not they who are
    /// too many, and there are no thousands to come back.
    #[cfg(feature = "pods")]
    pub(crate) fn of_few() -> Self {
        Self {
            spread: SPREAD_OF_FEW,
            ..Self::default()
        }
    }

    pub(crate) fn spread(&self, failure: Failure) -> Failure {
        if failure.code() != "aws.throttled" || failure.retry_after().is_some() {
            return failure;
        }
        let before = self.in_a_row.fetch_add(1, Ordering::Relaxed);
        let wait = self.spread.delay(before, fastrand::f64(), None);
        failure.with_retry_after(Some(wait))
    }

    pub(crate) fn over(&self) {
        self.in_a_row.store(0, Ordering::Relaxed);
    }
}

impl Default for Throttles {
    fn default() -> Self {
        Self {
            in_a_row: AtomicU32::default(),
            spread: SPREAD,
        }
    }
}

const SPREAD: Backoff = Backoff {
    base: Duration::from_secs(30),
    cap: Duration::from_mins(5),
};
#[cfg(feature = "pods")]
const SPREAD_OF_FEW: Backoff = Backoff {
    base: Duration::from_secs(2),
    ..SPREAD
};

#[cfg(test)]
mod tests {
    use refresh::FaultKind;

    use super::*;

    fn refusal() -> Failure {
        Failure::new("aws.throttled", FaultKind::Unavailable, "too many")
    }

    /// The waits of the first six times are anything up to these seconds.
    fn spreads(throttles: &Throttles, within: [u64; 6]) {
        let mut longest = [Duration::ZERO; 6];
        for _ in 0..300 {
            for longest in &mut longest {
                let wait = throttles.spread(refusal()).retry_after().unwrap();
                *longest = wait.max(*longest);
            }
            throttles.over();
        }
        for (longest, within) in longest.into_iter().zip(within.map(Duration::from_secs)) {
            assert!(
                longest <= within && longest > within * 9 / 10,
                "{longest:?}"
            );
        }
    }

    #[test]
    fn a_fleet_that_is_throttled_spreads_more_each_time() {
        let throttles = Throttles::default();
        spreads(&throttles, [30, 60, 120, 240, 300, 300]);
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

    #[cfg(feature = "pods")]
    #[test]
    fn a_few_come_back_soon() {
        spreads(&Throttles::of_few(), [2, 4, 8, 16, 32, 64]);
    }
}
