use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, SystemTime};

/// What to look at now, what when there is nothing else, and what later. Each
/// stands on it once.
#[derive(Debug)]
pub(super) struct Agenda<K> {
    /// In the order in which it came up, as is the next. What does not stand on
    /// it any more, or elsewhere, may be in there still.
    now: VecDeque<K>,
    at_leisure: VecDeque<K>,
    known: BTreeMap<K, When>,
    later: BTreeSet<(SystemTime, K)>,
    /// When it was asked last: a clock may be set back.
    asked: Option<SystemTime>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Now,
    AtLeisure,
    /// When its time has come.
    Later(SystemTime),
}

impl<K: Ord + Clone> Agenda<K> {
    /// Something is to be looked at.
    pub(super) fn add(&mut self, key: K) {
        match self.known.insert(key.clone(), When::Now) {
            Some(When::Now) => return,
            Some(When::Later(at)) => {
                self.later.remove(&(at, key.clone()));
            }
            Some(When::AtLeisure) | None => {}
        }
        self.now.push_back(key);
        tidy(&mut self.now, &self.known, When::Now);
    }

    /// All of these are to be looked at, and whatever comes up goes before them.
    pub(super) fn add_at_leisure(&mut self, keys: impl IntoIterator<Item = K>) {
        for key in keys {
            self.remove(&key);
            self.known.insert(key.clone(), When::AtLeisure);
            self.at_leisure.push_back(key);
        }
        tidy(&mut self.at_leisure, &self.known, When::AtLeisure);
    }

    /// Something is to be looked at when its time has come.
    pub(super) fn add_later(&mut self, key: K, at: SystemTime) {
        match self.known.get(&key) {
            Some(When::Now | When::AtLeisure) => return,
            Some(When::Later(before)) => {
                self.later.remove(&(*before, key.clone()));
            }
            None => {}
        }
        self.known.insert(key.clone(), When::Later(at));
        self.later.insert((at, key));
    }

    /// Something need not be looked at.
    pub(super) fn remove(&mut self, key: &K) {
        if let Some(When::Later(at)) = self.known.remove(key) {
            self.later.remove(&(at, key.clone()));
        }
    }

    /// What to look at next, before what can wait.
    pub(super) fn next(&mut self, now: SystemTime) -> Option<K> {
        // Times of a clock that was ahead say nothing about when they come.
        let is_back = self.asked.replace(now).is_some_and(|asked| now < asked);
        let is_due = |(at, _): &(SystemTime, K)| is_back || *at <= now;
        while self.later.first().is_some_and(is_due) {
            if let Some((_, key)) = self.later.pop_first() {
                self.known.insert(key.clone(), When::Now);
                self.now.push_back(key);
            }
        }
        first(&mut self.now, &mut self.known, When::Now)
    }

    /// What to look at where there is nothing else.
    pub(super) fn next_at_leisure(&mut self) -> Option<K> {
        first(&mut self.at_leisure, &mut self.known, When::AtLeisure)
    }

    /// When to ask again, where nothing else happens.
    pub(super) fn rest(&self, now: SystemTime) -> Option<Duration> {
        let (at, _) = self.later.first()?;
        Some(at.duration_since(now).unwrap_or_default())
    }
}

/// Takes out the first one that stands there.
fn first<K: Ord>(queue: &mut VecDeque<K>, known: &mut BTreeMap<K, When>, when: When) -> Option<K> {
    while let Some(key) = queue.pop_front() {
        if known.get(&key) == Some(&when) {
            known.remove(&key);
            return Some(key);
        }
    }
    None
}

/// Those who come and go again and again do not pile up.
fn tidy<K: Ord + Clone>(queue: &mut VecDeque<K>, known: &BTreeMap<K, When>, when: When) {
    if queue.len() <= 2 * known.len() + SPARE {
        return;
    }
    let mut seen = BTreeSet::new();
    queue.retain(|key| known.get(key) == Some(&when) && seen.insert(key.clone()));
}

const SPARE: usize = 16;

impl<K> Default for Agenda<K> {
    fn default() -> Self {
        Self {
            now: VecDeque::new(),
            at_leisure: VecDeque::new(),
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
    fn what_comes_up_goes_before_what_can_wait() {
        let mut agenda = Agenda::default();
        agenda.add("a");
        agenda.add_later("b", at(9));
        agenda.add_at_leisure(["a", "b", "c", "d"]);
        assert_eq!(agenda.next(at(9)), None);
        agenda.add("c");
        assert_eq!(agenda.next(at(9)), Some("c"));
        assert_eq!(agenda.next_at_leisure(), Some("a"));
        agenda.remove(&"b");
        assert_eq!(agenda.next_at_leisure(), Some("d"));
        assert_eq!(agenda.next_at_leisure(), None);
    }

    #[test]
    fn who_comes_again_and_again_does_not_pile_up() {
        let mut agenda = Agenda::default();
        for _ in 0..100 {
            agenda.add_at_leisure(["a", "b"]);
            agenda.add("a");
            agenda.remove(&"a");
        }
        assert!(
            agenda.at_leisure.len() + agenda.now.len() < 50,
            "{agenda:?}"
        );
        assert_eq!(agenda.next_at_leisure(), Some("b"));
        assert_eq!(agenda.next_at_leisure(), None);
    }

    #[test]
    fn a_clock_that_is_set_back_strands_nothing() {
        let mut agenda = Agenda::default();
        assert_eq!(agenda.next(at(7200)), None);
        agenda.add_later("a", at(7500));
        assert_eq!(agenda.next(at(0)), Some("a"));
    }
}
