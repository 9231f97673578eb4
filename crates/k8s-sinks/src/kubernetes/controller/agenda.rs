use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, SystemTime};

/// What to look at now, in the order in which it came up, and what later. Each
/// stands on it once.
#[derive(Debug)]
pub(super) struct Agenda<K> {
    now: VecDeque<K>,
    /// Whether it waits, and else when its time comes.
    known: BTreeMap<K, Option<SystemTime>>,
    later: BTreeSet<(SystemTime, K)>,
    /// When it was asked last: a clock may be set back.
    asked: Option<SystemTime>,
}

impl<K: Ord + Clone> Agenda<K> {
    /// Something is to be looked at.
    pub(super) fn add(&mut self, key: K) {
        match self.known.insert(key.clone(), None) {
            Some(None) => return,
            Some(Some(at)) => {
                self.later.remove(&(at, key.clone()));
            }
            None => {}
        }
        self.now.push_back(key);
    }

    /// Something is to be looked at when its time has come.
    pub(super) fn add_later(&mut self, key: K, at: SystemTime) {
        match self.known.get(&key) {
            Some(None) => return,
            Some(Some(before)) => {
                self.later.remove(&(*before, key.clone()));
            }
            None => {}
        }
        self.known.insert(key.clone(), Some(at));
        self.later.insert((at, key));
    }

    /// Something need not be looked at.
    pub(super) fn remove(&mut self, key: &K) {
        match self.known.remove(key) {
            Some(Some(at)) => {
                self.later.remove(&(at, key.clone()));
            }
            Some(None) => self.now.retain(|other| other != key),
            None => {}
        }
    }

    /// What to look at next.
    pub(super) fn next(&mut self, now: SystemTime) -> Option<K> {
        // Times of a clock that was ahead say nothing about when they come.
        let is_back = self.asked.replace(now).is_some_and(|asked| now < asked);
        let is_due = |(at, _): &(SystemTime, K)| is_back || *at <= now;
        while self.later.first().is_some_and(is_due) {
            if let Some((_, key)) = self.later.pop_first() {
                self.known.insert(key.clone(), None);
                self.now.push_back(key);
            }
        }
        let key = self.now.pop_front()?;
        self.known.remove(&key);
        Some(key)
    }

    /// When to ask again, where nothing else happens.
    pub(super) fn rest(&self, now: SystemTime) -> Option<Duration> {
        let (at, _) = self.later.first()?;
        Some(at.duration_since(now).unwrap_or_default())
    }
}

impl<K> Default for Agenda<K> {
    fn default() -> Self {
        Self {
            now: VecDeque::new(),
            known: BTreeMap::new(),
            later: BTreeSet::new(),
            asked: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn each_stands_on_it_once_and_in_its_order() {
        let mut agenda = Agenda::default();
        for key in ["b", "a", "b"] {
            agenda.add(key);
        }
        agenda.add_later("a", at(5));
        assert_eq!(agenda.rest(at(0)), None);
        assert_eq!(agenda.next(at(0)), Some("b"));
        assert_eq!(agenda.next(at(0)), Some("a"));
        assert_eq!(agenda.next(at(0)), None);
    }

    #[test]
    fn what_is_later_comes_in_its_time_or_when_it_comes_up() {
        let mut agenda = Agenda::default();
        agenda.add_later("a", at(9));
        agenda.add_later("a", at(5));
        agenda.add_later("b", at(7));
        assert_eq!(agenda.rest(at(1)), Some(Duration::from_secs(4)));
        assert_eq!(agenda.next(at(4)), None);
        agenda.add("b");
        assert_eq!(agenda.next(at(4)), Some("b"));
        assert_eq!(agenda.next(at(5)), Some("a"));
        assert_eq!(agenda.rest(at(5)), None);
        agenda.add_later("a", at(9));
        agenda.remove(&"a");
        assert_eq!((agenda.rest(at(9)), agenda.next(at(9))), (None, None));
    }

    #[test]
    fn a_clock_that_is_set_back_strands_nothing() {
        let mut agenda = Agenda::default();
        assert_eq!(agenda.next(at(7200)), None);
        agenda.add_later("a", at(7500));
        assert_eq!(agenda.next(at(0)), Some("a"));
    }
}
