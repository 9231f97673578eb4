use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::super::content::Content;
use super::super::secret_sink::Delivered;
use super::super::{Error, Seen};
use super::place::{Ended, Place, Problem};

/// All namespaces that matter, and what is to be done in them.
///
/// Pure: it is told what is seen and what has come of deliveries, and says where
/// to deliver next.
#[derive(Debug, Default)]
pub(super) struct Roster {
    places: HashMap<Arc<str>, Place>,
    /// Those to look at, in the order in which they came up.
    waiting: VecDeque<Arc<str>>,
    /// Those to look at later.
    later: BTreeSet<(SystemTime, Arc<str>)>,
    /// What a list has not shown yet: what is left at its end is gone.
    unlisted: HashMap<Listing, BTreeSet<Arc<str>>>,
}

/// A list of namespaces by a search, or of Secrets.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Listing {
    /// The namespaces of the search of this number.
    Namespaces(u8),
    /// The Secrets that the watch of this number sees.
    Secrets(usize),
}

/// How many targets there are, and how they stand.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Standing {
    /// Namespaces that are to have the Secret.
    pub targets: usize,
    /// Those that have it.
    pub in_step: usize,
    /// Those that cannot have it, by the kind of the problem.
    pub problems: BTreeMap<&'static str, usize>,
    /// When the first of the contents end that are there (RFC 3339).
    pub oldest_expiry: Option<String>,
}

impl Roster {
    /// A namespace is a target by the search of this number, or is not any more.
    pub(super) fn found(&mut self, search: u8, name: &str, is_found: bool) {
        let name = self.name(name);
        if let Some(unlisted) = self.unlisted.get_mut(&Listing::Namespaces(search)) {
            unlisted.remove(&name);
        }
        let place = self.places.entry(Arc::clone(&name)).or_default();
        let before = place.is_target();
        let bit = 1 << search;
        place.found_by = if is_found {
            place.found_by | bit
        } else {
            place.found_by & !bit
        };
        if place.is_target() && !before {
            self.wake(&name);
        }
        self.drop_blank(&name);
    }

    /// The Secret of a namespace was seen like that.
    pub(super) fn saw(&mut self, watch: usize, namespace: &str, seen: Option<Seen>) {
        let name = self.name(namespace);
        if let Some(unlisted) = self.unlisted.get_mut(&Listing::Secrets(watch)) {
            unlisted.remove(&name);
        }
        let place = self.places.entry(Arc::clone(&name)).or_default();
        if place.saw(seen) {
            self.wake(&name);
        }
        self.drop_blank(&name);
    }

    /// A list begins: what it does not show is not there. `within` says which
    /// namespaces it is about.
    pub(super) fn listing(&mut self, listing: Listing, within: Option<&str>) {
        let places = self.places.iter().filter(|(name, place)| match listing {
            Listing::Namespaces(search) => place.found_by & (1 << search) != 0,
            Listing::Secrets(_) => within.is_none_or(|within| within == &***name),
        });
        let names = places.map(|(name, _)| Arc::clone(name)).collect();
        self.unlisted.insert(listing, names);
    }

    /// A list is complete.
    pub(super) fn listed(&mut self, listing: Listing) {
        for name in self.unlisted.remove(&listing).unwrap_or_default() {
            match listing {
                Listing::Namespaces(search) => self.found(search, &name, false),
                Listing::Secrets(watch) => self.saw(watch, &name, None),
            }
        }
    }

    /// Other contents are wanted everywhere.
    pub(super) fn wants_other(&mut self) {
        self.places.values_mut().for_each(Place::wants_other);
        self.wake_all();
    }

    /// All of them are looked at.
    pub(super) fn wake_all(&mut self) {
        let names: Vec<_> = self.places.keys().cloned().collect();
        for name in names {
            self.wake(&name);
        }
    }

    /// Where to deliver next, and what was seen there last.
    pub(super) fn next(
        &mut self,
        content: &Content,
        is_known: impl Fn(&str) -> bool,
        now: SystemTime,
    ) -> Option<(Arc<str>, Option<Seen>)> {
        self.rouse(now);
        while let Some(name) = self.waiting.pop_front() {
            let Some(place) = self.places.get_mut(&name) else {
                continue;
            };
            place.is_waiting = false;
            if is_known(&name) {
                place.settle();
            }
            if place.is_under_way || !place.needs(content) {
                continue;
            }
            if let Some(left) = place.pause(now) {
                self.later.insert((now + left, name));
                continue;
            }
            place.is_under_way = true;
            let seen = place.seen().cloned();
            return Some((name, seen));
        }
        None
    }

    /// When to ask again, where nothing else happens.
    pub(super) fn rest(&self, now: SystemTime) -> Option<Duration> {
        let (at, _) = self.later.first()?;
        Some(at.duration_since(now).unwrap_or_default())
    }

    /// Takes in what has come of a delivery.
    pub(super) fn ended(
        &mut self,
        name: &Arc<str>,
        (content, ended): (&Content, &Result<Delivered, Error>),
        now: SystemTime,
    ) -> Ended {
        let place = self.places.entry(Arc::clone(name)).or_default();
        place.is_under_way = false;
        let ended = place.ended(content, ended, now);
        self.wake(name);
        ended
    }

    /// Nothing is under way any more, whatever has come of it.
    pub(super) fn abandon(&mut self) {
        for place in self.places.values_mut() {
            place.is_under_way = false;
        }
    }

    /// How they stand.
    pub(super) fn standing(&self, content: Option<&Content>) -> Standing {
        let mut standing = Standing::default();
        for place in self.places.values().filter(|place| place.is_target()) {
            standing.targets += 1;
            if content.is_some_and(|content| place.has(content)) {
                standing.in_step += 1;
            }
            // Written by us, in one form: the order of texts is that of times.
            let expiry = place.seen().and_then(Seen::expires_at);
            if let Some(expiry) = expiry
                && standing
                    .oldest_expiry
                    .as_deref()
                    .is_none_or(|oldest| expiry < oldest)
            {
                standing.oldest_expiry = Some(expiry.to_owned());
            }
            if let Some(problem) = &place.problem {
                *standing.problems.entry(problem.kind).or_default() += 1;
            }
        }
        standing
    }

    /// The namespaces that cannot have the Secret, and why.
    pub(super) fn problems(&self) -> Vec<(String, Problem)> {
        let places = self.places.iter();
        let of = |(name, place): (&Arc<str>, &Place)| {
            let problem = place.problem.clone().filter(|_| place.is_target())?;
            Some((name.to_string(), problem))
        };
        places.filter_map(of).collect()
    }

    /// Whether a namespace is a target, and has what it should.
    pub(super) fn has(&self, name: &str, content: &Content) -> bool {
        let place = self.places.get(name);
        place.is_some_and(|place| place.is_target() && place.has(content))
    }

    /// Whether nothing waits, is under way or comes later.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
            && self.later.is_empty()
            && !self.places.values().any(|place| place.is_under_way)
    }

    /// Namespaces come and go: those that are gone are not remembered.
    fn drop_blank(&mut self, name: &Arc<str>) {
        if self.places.get(name).is_some_and(Place::is_blank) {
            self.places.remove(name);
        }
    }

    fn wake(&mut self, name: &Arc<str>) {
        let Some(place) = self.places.get_mut(name) else {
            return;
        };
        if !place.is_waiting {
            place.is_waiting = true;
            self.waiting.push_back(Arc::clone(name));
        }
    }

    /// Those whose time has come wait like the others.
    fn rouse(&mut self, now: SystemTime) {
        while self.later.first().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, name)) = self.later.pop_first() {
                self.wake(&name);
            }
        }
    }

    /// The name as it is known already, so that it is there once.
    fn name(&self, name: &str) -> Arc<str> {
        let known = self.places.get_key_value(name);
        known.map_or_else(|| name.into(), |(known, _)| Arc::clone(known))
    }
}
