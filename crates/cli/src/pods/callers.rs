use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use credential_server::{Peer, Refusal};

/// How often each address may ask, so that one pod that asks without end keeps
/// no other from its credentials.
///
/// A token bucket of one second. (`governor` would do this with a concurrent
/// map, a clock of its own and six more crates; here is one thread.)
pub(super) struct Callers {
    per_second: f64,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled_at: SystemTime,
}

impl Callers {
    /// So many requests a second from one address; none for no limit.
    pub(super) fn new(per_second: Option<u32>) -> Self {
        Self {
            per_second: per_second.map_or(f64::INFINITY, f64::from),
            buckets: Mutex::default(),
        }
    }

    /// Takes one request of this caller into account, or refuses it.
    pub(super) fn admit(&self, peer: Peer, now: SystemTime) -> Result<(), Refusal> {
        let Peer::Tcp(address) = peer else {
            return Ok(());
        };
        if self.per_second.is_infinite() {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_BUCKETS {
            // A full one says no more than none.
            buckets.retain(|_, bucket| bucket.filled(self.per_second, now) < self.per_second);
        }
        if buckets.len() >= MOST_BUCKETS {
            buckets.clear();
        }
        let full = Bucket {
            tokens: self.per_second,
            filled_at: now,
        };
        let bucket = buckets.entry(address.ip().to_canonical()).or_insert(full);
        bucket.tokens = bucket.filled(self.per_second, now);
        bucket.filled_at = now;
        if bucket.tokens < 1.0 {
            return Err(Refusal::Throttled { retry_after: SOON });
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

impl Bucket {
    /// What is in it by now. A clock that was set back adds nothing.
    fn filled(&self, per_second: f64, now: SystemTime) -> f64 {
        let since = now.duration_since(self.filled_at).unwrap_or_default();
        (self.tokens + since.as_secs_f64() * per_second).min(per_second)
    }
}

const SOON: Duration = Duration::from_secs(1);
/// More than a node has pods, by far: about 200 KiB.
const MOST_BUCKETS: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1000) + Duration::from_millis(milliseconds)
    }

    fn peer(number: u32) -> Peer {
        let address = std::net::Ipv4Addr::from_bits(0x0a00_0000 + number);
        Peer::Tcp((address, 4711).into())
    }

    fn admitted(callers: &Callers, number: u32, now: SystemTime, times: u32) -> usize {
        let asked = (0..times).filter(|_| callers.admit(peer(number), now).is_ok());
        asked.count()
    }

    #[test]
    fn one_that_asks_too_often_is_slowed_alone() {
        let callers = Callers::new(Some(10));
        assert_eq!(admitted(&callers, 1, at(0), 100), 10);
        assert_eq!(admitted(&callers, 2, at(0), 5), 5);
        assert_eq!(admitted(&callers, 1, at(300), 100), 3);
        assert_eq!(admitted(&callers, 1, at(60_000), 100), 10);
        // Set back: as if no time had passed.
        assert_eq!(admitted(&callers, 1, at(50_000), 100), 0);
    }

    #[test]
    fn the_table_is_bounded() {
        let callers = Callers::new(Some(10));
        for number in 0..3 * u32::try_from(MOST_BUCKETS).unwrap() {
            assert!(callers.admit(peer(number), at(0)).is_ok());
        }
        assert!(callers.buckets.lock().unwrap().len() <= MOST_BUCKETS);
    }

    #[test]
    fn without_a_limit_nobody_is_counted() {
        let callers = Callers::new(None);
        assert_eq!(admitted(&callers, 1, at(0), 1000), 1000);
        assert!(callers.buckets.lock().unwrap().is_empty());
    }
}
