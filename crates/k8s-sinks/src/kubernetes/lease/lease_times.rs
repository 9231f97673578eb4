use std::time::Duration;

use super::super::Error;

/// How long a Lease lasts, and how its holder keeps it.
///
/// The default are those of Kubernetes' own components: 15 s, 10 s and 2 s.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct LeaseTimes {
    /// How long the others leave a Lease alone that they see unchanged: whole
    /// seconds.
    pub duration: Duration,
    /// How long its holder leads after a renewal that succeeded. Shorter than
    /// `duration`: the difference is for clocks that run unequally, and for
    /// what the holder has begun and cannot call back.
    pub renew_deadline: Duration,
    /// How long everybody waits between two looks or renewals.
    pub retry: Duration,
}

impl LeaseTimes {
    /// These times.
    ///
    /// [`Error::Invalid`] unless `retry` is shorter than `renew_deadline`, and
    /// that is shorter than `duration`, which is whole seconds.
    pub fn new(
        duration: Duration,
        renew_deadline: Duration,
        retry: Duration,
    ) -> Result<Self, Error> {
        let invalid = |value: Duration, reason: &str| Error::Invalid {
            what: "lease time",
            value: format!("{value:?}"),
            reason: reason.to_owned(),
        };
        if duration.subsec_nanos() > 0 || i32::try_from(duration.as_secs()).is_err() {
            return Err(invalid(duration, "a Lease lasts for whole seconds"));
        }
        if renew_deadline >= duration {
            let reason = "it must be given up before the Lease is over";
            return Err(invalid(renew_deadline, reason));
        }
        if retry.is_zero() || retry >= renew_deadline {
            let reason = "it must be renewed more than once before it is given up";
            return Err(invalid(retry, reason));
        }
        Ok(Self {
            duration,
            renew_deadline,
            retry,
        })
    }

    /// What one request may take, so that one that hangs leaves time for
    /// another before the deadline.
    pub(super) fn request(&self) -> Duration {
        (self.renew_deadline / 2).min(LONGEST_REQUEST)
    }
}

impl Default for LeaseTimes {
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry: Duration::from_secs(2),
        }
    }
}

const LONGEST_REQUEST: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_gives_up_before_others_take_over() {
        let of = |times: [u64; 3]| {
            let [duration, renew_deadline, retry] = times.map(Duration::from_millis);
            LeaseTimes::new(duration, renew_deadline, retry)
        };
        for (times, fits) in [
            ([15_000, 10_000, 2_000], true),
            ([2_000, 1_900, 100], true),
            ([1_500, 1_000, 100], false),
            ([15_000, 15_000, 2_000], false),
            ([15_000, 10_000, 10_000], false),
            ([15_000, 10_000, 0], false),
            ([0, 0, 0], false),
            ([u64::MAX, 10_000, 2_000], false),
        ] {
            assert_eq!(of(times).is_ok(), fits, "{times:?}");
        }
        assert_eq!(of([15_000, 10_000, 2_000]).unwrap(), LeaseTimes::default());
        assert_eq!(LeaseTimes::default().request(), Duration::from_secs(5));
    }
}
