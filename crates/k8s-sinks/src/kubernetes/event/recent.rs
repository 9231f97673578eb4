use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::notice::Key;

/// The events that were posted a moment ago, as many as a memory is worth.
#[derive(Debug, Default)]
pub(super) struct Recent(BTreeMap<Key, Posted>);

#[derive(Debug)]
struct Posted {
    name: String,
    count: u32,
    last: SystemTime,
}

impl Recent {
    /// The event that said the same, and how often it has happened.
    pub(super) fn find(&self, key: &Key, now: SystemTime) -> Option<(String, u32)> {
        let posted = self.0.get(key).filter(|posted| posted.is_recent(now))?;
        Some((posted.name.clone(), posted.count))
    }

    /// A new event.
    pub(super) fn insert(&mut self, key: Key, name: String, now: SystemTime) {
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            self.make_room(now);
        }
        let posted = Posted {
            name,
            count: 1,
            last: now,
        };
        self.0.insert(key, posted);
    }

    /// It has happened once more.
    pub(super) fn counted(&mut self, key: &Key, now: SystemTime) {
        if let Some(posted) = self.0.get_mut(key) {
            posted.count = posted.count.saturating_add(1);
            posted.last = now;
        }
    }

    fn make_room(&mut self, now: SystemTime) {
        self.0.retain(|_, posted| posted.is_recent(now));
        if self.0.len() < MOST {
            return;
        }
        // Half of them, so that a full table is not searched for each event.
        let mut times: Vec<_> = self.0.values().map(|posted| posted.last).collect();
        let (_, middle, _) = times.select_nth_unstable(MOST / 2);
        let middle = *middle;
        self.0.retain(|_, posted| posted.last > middle);
    }
}

impl Posted {
    /// A clock that was set back ends a series: better twice than never.
    fn is_recent(&self, now: SystemTime) -> bool {
        let age = now.duration_since(self.last);
        age.is_ok_and(|age| age < SERIES)
    }
}

/// For how long what happens again is the same series: as client-go has it.
const SERIES: Duration = Duration::from_mins(6);

const MOST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::super::notice::Regarding;
    use super::*;

    fn key(name: &str) -> Key {
        let namespace = "team-a".to_owned();
        let name = name.to_owned();
        (Regarding { namespace, name }, "Adopted")
    }

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    #[test]
    fn six_minutes_after_the_last_one_is_another_series() {
        let mut recent = Recent::default();
        let found = |recent: &Recent, second| recent.find(&key("a"), at(second));
        assert_eq!(found(&recent, 1000), None);
        recent.insert(key("a"), "a.1".to_owned(), at(1000));
        assert_eq!(found(&recent, 1359), Some(("a.1".to_owned(), 1)));
        assert_eq!(found(&recent, 1360), None);
        assert_eq!(found(&recent, 999), None);
        recent.counted(&key("a"), at(1300));
        assert_eq!(found(&recent, 1659), Some(("a.1".to_owned(), 2)));
        assert_eq!(recent.find(&(key("a").0, "Created"), at(1300)), None);
        assert_eq!(recent.find(&key("b"), at(1300)), None);
    }

    #[test]
    fn the_oldest_are_forgotten_when_there_are_too_many() {
        let mut recent = Recent::default();
        let names: Vec<_> = (0..10 * MOST).map(|number| number.to_string()).collect();
        for name in &names {
            recent.insert(key(name), name.clone(), at(1000));
            assert!(recent.0.len() <= MOST);
        }
        let last = names.last().unwrap();
        assert!(recent.find(&key(last), at(1000)).is_some());

        let mut recent = Recent::default();
        for (second, name) in (1000..).zip(&names[..=MOST]) {
            // All within six minutes.
            recent.insert(
                key(name),
                name.clone(),
                at(1000) + Duration::from_millis(second),
            );
        }
        assert_eq!(recent.find(&key("0"), at(1003)), None);
        let kept = names[MOST - 10].clone();
        assert!(recent.find(&key(&kept), at(1003)).is_some());
    }
}
