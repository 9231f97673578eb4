use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use refresh::Fault as _;

use super::super::content::Content;
use super::super::secret_sink::Delivered;
use super::super::{Error, Seen};
use super::agenda::Agenda;
use super::place::{Ended, Place};

/// All namespaces that matter, and what is to be done in them.
///
/// Pure: it is told what is seen and what has come of deliveries, and says where
/// to deliver next.
#[derive(Debug, Default)]
pub(super) struct Roster {
    places: HashMap<Arc<str>, Place>,
    agenda: Agenda<Arc<str>>,
    /// What a list has not shown yet: what is left at its end is gone.
    unlisted: HashMap<Listing, BTreeSet<Arc<str>>>,
    /// Lists that nobody has had an answer to.
    unanswered: HashSet<Listing>,
    /// Whether the Secrets of all namespaces are known: one that was not seen is
    /// not there.
    knows_all: bool,
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
    /// These lists are to be read; nothing is under way.
    pub(super) fn begin(&mut self, listings: impl Iterator<Item = Listing>) {
        self.unanswered = listings.collect();
        self.abandon();
    }

    /// Whether there was an answer to each list.
    pub(super) fn is_synced(&self) -> bool {
        self.unanswered.is_empty()
    }

    /// A namespace is a target by the search of this number, or is not any more.
    pub(super) fn found(&mut self, search: u8, name: &str, is_found: bool) {
        let name = self.name(name);
        self.shown(Listing::Namespaces(search), &name);
        let place = self.places.entry(Arc::clone(&name)).or_default();
        let before = place.is_target();
        let bit = 1 << search;
        place.found_by = if is_found {
            place.found_by | bit
        } else {
            place.found_by & !bit
        };
        if place.is_target() && !before {
            self.agenda.add(Arc::clone(&name));
        }
        self.drop_blank(&name);
    }

    /// The Secret of a namespace was seen like that.
    pub(super) fn saw(&mut self, watch: usize, namespace: &str, seen: Option<Seen>) {
        let name = self.name(namespace);
        self.shown(Listing::Secrets(watch), &name);
        let place = self.places.entry(Arc::clone(&name)).or_default();
        if place.saw(seen) {
            self.agenda.add(Arc::clone(&name));
        }
        self.drop_blank(&name);
    }

    /// A list begins: what it does not show is not there. `within` says which
    /// namespace it is about; `None` is all of them.
    pub(super) fn listing(&mut self, listing: Listing, within: Option<&str>) {
        let places = self.places.iter().filter(|(name, place)| match listing {
            Listing::Namespaces(search) => place.found_by & (1 << search) != 0,
            Listing::Secrets(_) => within.is_none_or(|within| within == &***name),
        });
        let names = places.map(|(name, _)| Arc::clone(name)).collect();
        self.unlisted.insert(listing, names);
    }

    /// A list is complete. Says whether it was the last one to be answered.
    pub(super) fn listed(&mut self, listing: Listing, within: Option<&str>) -> bool {
        for name in self.unlisted.remove(&listing).unwrap_or_default() {
            match listing {
                Listing::Namespaces(search) => self.found(search, &name, false),
                Listing::Secrets(watch) => self.saw(watch, &name, None),
            }
        }
        if matches!(listing, Listing::Secrets(_)) && within.is_none() && !self.knows_all {
            self.knows_all = true;
            // Those that were looked at before it was known what is not there.
            self.wake_all();
        }
        self.answered(listing)
    }

    /// A list cannot be read or followed. One of a single namespace is that one's
    /// problem, and no reason for the others to wait. Says whether it was the last one to
    /// be answered.
    pub(super) fn refused(
        &mut self,
        listing: Listing,
        within: Option<&str>,
        error: &Error,
    ) -> bool {
        // What passes by itself is no answer: nothing is known of it yet.
        if error.fault().is_transient() {
            return false;
        }
        let Some(place) = within.and_then(|within| self.places.get_mut(within)) else {
            return false;
        };
        place.hidden = Some(error.kind());
        self.answered(listing)
    }

    /// A list can be read and is followed.
    pub(super) fn followed(&mut self, within: Option<&str>) {
        if let Some(place) = within.and_then(|within| self.places.get_mut(within)) {
            place.hidden = None;
        }
    }

    /// Other contents are wanted everywhere: first where there is nothing yet.
    pub(super) fn wants_other(&mut self) {
        self.places.values_mut().for_each(Place::wants_other);
        for has_secret in [false, true] {
            let places = self.places.iter();
            let places = places.filter(|(_, place)| place.seen().is_some() == has_secret);
            let names = places.map(|(name, _)| Arc::clone(name));
            self.agenda.add_at_leisure(names);
        }
    }

    /// Where to deliver next, and what was seen there last.
    pub(super) fn next(
        &mut self,
        content: &Content,
        now: SystemTime,
    ) -> Option<(Arc<str>, Option<Seen>)> {
        self.first(content, now, |agenda| agenda.next(now))
    }

    /// The same where nothing has come up: those that can wait.
    pub(super) fn next_at_leisure(
        &mut self,
        content: &Content,
        now: SystemTime,
    ) -> Option<(Arc<str>, Option<Seen>)> {
        self.first(content, now, Agenda::next_at_leisure)
    }

    fn first(
        &mut self,
        content: &Content,
        now: SystemTime,
        take: impl Fn(&mut Agenda<Arc<str>>) -> Option<Arc<str>>,
    ) -> Option<(Arc<str>, Option<Seen>)> {
        while let Some(name) = take(&mut self.agenda) {
            let Some(place) = self.places.get_mut(&name) else {
                continue;
            };
            if self.knows_all {
                place.settle();
            }
            if place.is_under_way() {
                continue;
            }
            if let Some(left) = place.pause(now) {
                self.agenda.add_later(name, now + left);
            } else if place.needs(content) {
                let seen = place.begin();
                return Some((name, seen));
            } else if place.has(content) {
                place.rest();
            }
        }
        None
    }

    /// When to ask again, where nothing else happens.
    pub(super) fn rest(&self, now: SystemTime) -> Option<Duration> {
        self.agenda.rest(now)
    }

    /// Takes in what has come of a delivery.
    pub(super) fn ended(
        &mut self,
        name: &Arc<str>,
        (content, ended): (&Content, &Result<Delivered, Error>),
        now: SystemTime,
    ) -> Ended {
        let place = self.places.entry(Arc::clone(name)).or_default();
        let ended = place.ended(content, ended, now);
        self.agenda.add(Arc::clone(name));
        self.drop_blank(name);
        ended
    }

    /// Nothing is under way any more, whatever has come of it.
    pub(super) fn abandon(&mut self) {
        self.places.values_mut().for_each(Place::abandon);
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
            if let Some(problem) = place.problem.or(place.hidden) {
                *standing.problems.entry(problem).or_default() += 1;
            }
        }
        standing
    }

    /// Whether a namespace is a target, and has what it should.
    pub(super) fn has(&self, name: &str, content: &Content) -> bool {
        let place = self.places.get(name);
        place.is_some_and(|place| place.is_target() && place.has(content))
    }

    fn shown(&mut self, listing: Listing, name: &str) {
        if let Some(unlisted) = self.unlisted.get_mut(&listing) {
            unlisted.remove(name);
        }
    }

    fn answered(&mut self, listing: Listing) -> bool {
        self.unanswered.remove(&listing) && self.is_synced()
    }

    fn wake_all(&mut self) {
        for name in self.places.keys() {
            self.agenda.add(Arc::clone(name));
        }
    }

    /// Namespaces come and go: those that are gone are not remembered.
    fn drop_blank(&mut self, name: &Arc<str>) {
        if self.places.get(name).is_some_and(Place::is_blank) {
            self.places.remove(name);
            self.agenda.remove(name);
        }
    }

    /// The name as it is known already, so that it is there once.
    fn name(&self, name: &str) -> Arc<str> {
        let known = self.places.get_key_value(name);
        known.map_or_else(|| name.into(), |(known, _)| Arc::clone(known))
    }
}

#[cfg(test)]
mod tests;
