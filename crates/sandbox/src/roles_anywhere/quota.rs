use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// How many sessions an account may open: so many a second, and no more at once
/// (AWS: 10 a second in each region, "General Reference", quotas).
#[derive(Debug, Default)]
pub(crate) struct SessionQuota(Mutex<Option<Bucket>>);

/// A token bucket, in nanoseconds of what is paid for a request.
#[derive(Debug)]
struct Bucket {
    /// What one request costs.
    cost: u128,
    /// What is there; a second's worth at most.
    level: u128,
    filled: SystemTime,
}

const SECOND: u128 = 1_000_000_000;

impl SessionQuota {
    /// Puts a limit in force, with a full bucket, or lifts it.
    pub(crate) fn set(&self, per_second: Option<u32>, now: SystemTime) {
        let bucket = per_second.map(|rate| Bucket {
            // Of nothing a second there is never enough.
            cost: SECOND.checked_div(rate.into()).unwrap_or(u128::MAX),
            level: SECOND,
            filled: now,
        });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = bucket;
    }

    /// Whether one more request is within the quota, which then has one less.
    pub(crate) fn take(&self, now: SystemTime) -> bool {
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.as_mut().is_none_or(|bucket| bucket.take(now))
    }
}

impl Bucket {
    fn take(&mut self, now: SystemTime) -> bool {
        // A clock that went back fills nothing.
        if let Ok(passed) = now.duration_since(self.filled) {
            self.level = (self.level + passed.as_nanos()).min(SECOND);
            self.filled = now;
        }
        let is_enough = self.level >= self.cost;
        if is_enough {
            self.level -= self.cost;
        }
        is_enough
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// How many of 20 requests at once are let through.
    fn burst(quota: &SessionQuota, now: SystemTime) -> usize {
        (0..20).filter(|_| quota.take(now)).count()
    }

    #[test]
    fn a_bucket_empties_and_fills() {
        let (quota, start) = (SessionQuota::default(), SystemTime::UNIX_EPOCH);
        assert_eq!(burst(&quota, start), 20);
        quota.set(Some(10), start);
        for (milliseconds, granted) in [
            (0, 10),
            (99, 0),
            (100, 1),
            (350, 2),
            (400, 1),
            (200, 0),
            (900, 5),
            (100_000, 10),
        ] {
            let now = start + Duration::from_millis(milliseconds);
            assert_eq!(burst(&quota, now), granted, "{milliseconds}");
        }
        quota.set(None, start);
        assert_eq!(burst(&quota, start), 20);
        quota.set(Some(0), start);
        assert_eq!(burst(&quota, start + Duration::from_secs(60)), 0);
    }
}
