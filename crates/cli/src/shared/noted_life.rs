use std::time::{Duration, SystemTime, UNIX_EPOCH};

use refresh::Lifetime;
use serde::{Deserialize, Serialize};

/// From when until when a value is valid, as it stands on disk: in milliseconds
/// since 1970.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct NotedLife {
    start: u64,
    end: u64,
}

impl NotedLife {
    /// The life, where `now` is in it, and no longer than any service gives one:
    /// what is on disk may have been damaged, or the clock set back.
    pub(crate) fn at(self, now: SystemTime, longest: Duration) -> Option<Lifetime> {
        let at = |millis| UNIX_EPOCH.checked_add(Duration::from_millis(millis));
        let life = Lifetime::new(at(self.start)?, at(self.end)?);
        let is_valid = life.start() <= now && now < life.end();
        (is_valid && life.duration() <= longest).then_some(life)
    }
}

impl From<Lifetime> for NotedLife {
    fn from(life: Lifetime) -> Self {
        Self {
            start: millis(life.start()),
            end: millis(life.end()),
        }
    }
}

/// Rounded down, so that nothing read is valid for longer than it was.
pub(super) fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_while_it_lasts_and_not_for_ever() {
        let longest = Duration::from_secs(12 * 3600);
        let at = |second| UNIX_EPOCH + Duration::from_secs(second);
        let life = |seconds: u64| NotedLife::from(Lifetime::new(at(1000), at(1000 + seconds)));
        let half_a_day = 12 * 3600;
        for (seconds, now, counts) in [
            (3600, 999, false),
            (3600, 1000, true),
            (3600, 4599, true),
            (3600, 4600, false),
            (half_a_day, 1000, true),
            (half_a_day + 1, 1000, false),
        ] {
            let found = life(seconds).at(at(now), longest);
            assert_eq!(found.is_some(), counts, "{seconds} s at {now}");
        }
        let endless = NotedLife {
            start: 0,
            end: u64::MAX,
        };
        assert!(endless.at(at(1000), longest).is_none());
    }
}
