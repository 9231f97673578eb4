use std::time::Duration;

use super::lease_document::LeaseDocument;
use super::lease_times::LeaseTimes;

/// How we stand in an election, by what was seen: pure arithmetic.
///
/// Every moment is an [uptime](super::uptime::uptime) of this machine. What the
/// Lease says of time is never compared with any clock: only how long it is seen
/// unchanged counts.
#[derive(Debug)]
pub(super) struct Standing {
    identity: String,
    times: LeaseTimes,
    seen: Option<Sighting>,
    /// When the renewal was sent that succeeded last: not later than the others
    /// can have seen it.
    renewed: Option<Duration>,
}

#[derive(Debug)]
struct Sighting {
    lease: LeaseDocument,
    /// Since when it was seen in this state: not earlier than it was in it.
    since: Duration,
}

/// What to do about a Lease.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// We hold it in this state: renew it.
    Renew(LeaseDocument),
    /// Nobody holds it: take it from this state.
    Take(LeaseDocument),
    /// It is not there.
    Create,
    /// Somebody else holds it.
    Wait,
}

impl Standing {
    pub(super) fn new(identity: String, times: LeaseTimes) -> Self {
        Self {
            identity,
            times,
            seen: None,
            renewed: None,
        }
    }

    /// For how much longer we lead without another renewal; `None` where we do
    /// not.
    pub(super) fn left(&self, now: Duration) -> Option<Duration> {
        let end = self.renewed?.saturating_add(self.times.renew_deadline);
        end.checked_sub(now).filter(|left| !left.is_zero())
    }

    /// Who was seen holding the Lease last.
    pub(super) fn holder(&self) -> Option<&str> {
        self.seen.as_ref()?.lease.holder()
    }

    /// The Lease in the state that is ours, while we lead.
    pub(super) fn held(&self, now: Duration) -> Option<&LeaseDocument> {
        self.left(now)?;
        let lease = &self.seen.as_ref()?.lease;
        (lease.holder() == Some(&*self.identity)).then_some(lease)
    }

    /// The Lease was looked at, and what is to be done about it; `now` is when
    /// the answer was there. `None` is one that is not there.
    pub(super) fn saw(&mut self, lease: Option<LeaseDocument>, now: Duration) -> Step {
        // Who lets the deadline pass does not lead on because the name in the
        // Lease is still its own.
        self.renewed = self.left(now).and(self.renewed);
        let Some(lease) = lease else {
            return self.saw_none(now);
        };
        if lease.holder() != Some(&*self.identity) {
            self.renewed = None;
        }
        let is_seen = |seen: &&Sighting| {
            // Without a version nothing tells one state from another.
            let version = lease.resource_version();
            version.is_some() && seen.lease.resource_version() == version
        };
        let since = self.seen.as_ref().filter(is_seen).map(|seen| seen.since);
        let since = since.unwrap_or(now);
        self.seen = Some(Sighting {
            lease: lease.clone(),
            since,
        });
        if self.renewed.is_some() {
            Step::Renew(lease)
        } else if lease.holder().is_none() || self.is_over(now) {
            Step::Take(lease)
        } else {
            Step::Wait
        }
    }

    /// Whoever held a Lease that was deleted may not know it yet.
    fn saw_none(&mut self, now: Duration) -> Step {
        let is_held = self.holder().is_some() && self.renewed.is_none();
        if is_held && !self.is_over(now) {
            return Step::Wait;
        }
        self.seen = None;
        Step::Create
    }

    /// Our request was sent at `sent`, and this is the Lease now.
    pub(super) fn wrote(&mut self, lease: LeaseDocument, sent: Duration) {
        self.seen = Some(Sighting { lease, since: sent });
        self.renewed = Some(sent);
    }

    /// Somebody else was faster.
    pub(super) fn lost(&mut self) {
        self.renewed = None;
    }

    fn is_over(&self, now: Duration) -> bool {
        let Some(seen) = &self.seen else {
            return true;
        };
        // Who waits less than the holder counts on would lead beside it.
        let asked = seen.lease.duration().unwrap_or(self.times.duration);
        now >= seen.since.saturating_add(asked)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1000 + seconds)
    }

    fn lease(holder: &str, version: &str) -> LeaseDocument {
        LeaseDocument::try_from(json!({
            "metadata": {"resourceVersion": version},
            "spec": {"holderIdentity": holder, "leaseDurationSeconds": 15},
        }))
        .unwrap()
    }

    fn standing() -> Standing {
        Standing::new("a".to_owned(), LeaseTimes::default())
    }

    #[test]
    fn a_lease_is_taken_that_nobody_holds() {
        for (found, expected) in [
            (None, Step::Create),
            (Some(lease("", "1")), Step::Take(lease("", "1"))),
            (Some(lease("b", "1")), Step::Wait),
        ] {
            assert_eq!(standing().saw(found, at(0)), expected);
        }
    }

    #[test]
    fn others_are_followed_when_they_were_seen_unchanged_for_the_duration() {
        let mut standing = standing();
        for (version, second, is_free) in [
            ("1", 0, false),
            ("1", 14, false),
            // Renewed: from here on anew.
            ("2", 14, false),
            ("2", 28, false),
            ("2", 29, true),
            ("2", 500, true),
            ("3", 501, false),
        ] {
            let step = standing.saw(Some(lease("b", version)), at(second));
            assert_eq!(step != Step::Wait, is_free, "{version} at {second}");
            assert_eq!(standing.left(at(second)), None);
        }
    }

    #[test]
    fn the_holder_says_how_long_it_counts_on() {
        let found = |seconds: u64| {
            LeaseDocument::try_from(json!({
                "metadata": {"resourceVersion": "1"},
                "spec": {"holderIdentity": "b", "leaseDurationSeconds": seconds},
            }))
            .unwrap()
        };
        for (asked, waits) in [(30, 30), (5, 5)] {
            let mut standing = standing();
            standing.saw(Some(found(asked)), at(0));
            let step = standing.saw(Some(found(asked)), at(waits - 1));
            assert_eq!(step, Step::Wait);
            let step = standing.saw(Some(found(asked)), at(waits));
            assert_eq!(step, Step::Take(found(asked)));
        }
    }

    #[test]
    fn who_leads_does_so_until_the_deadline_after_what_it_sent() {
        let mut standing = standing();
        standing.wrote(lease("a", "1"), at(0));
        assert_eq!(standing.left(at(9)), Some(Duration::from_secs(1)));
        assert_eq!(standing.held(at(9)), Some(&lease("a", "1")));
        assert_eq!(standing.left(at(10)), None);
        assert_eq!(standing.held(at(10)), None);
        // An hour in a suspend.
        assert_eq!(standing.left(at(3600)), None);
        // Others wait for five seconds more, and so do we.
        assert_eq!(standing.saw(Some(lease("a", "1")), at(11)), Step::Wait);
        assert_eq!(standing.left(at(11)), None);
        let step = standing.saw(Some(lease("a", "1")), at(15));
        assert_eq!(step, Step::Take(lease("a", "1")));
    }

    #[test]
    fn an_answer_that_was_lost_costs_nothing() {
        let mut standing = standing();
        standing.wrote(lease("a", "1"), at(0));
        // The renewal arrived, its answer did not.
        let step = standing.saw(Some(lease("a", "2")), at(4));
        assert_eq!(step, Step::Renew(lease("a", "2")));
        // It does not count as one.
        assert_eq!(standing.left(at(4)), Some(Duration::from_secs(6)));
    }

    #[test]
    fn a_leader_that_sees_another_leads_no_more() {
        let mut standing = standing();
        standing.wrote(lease("a", "1"), at(0));
        assert_eq!(standing.saw(Some(lease("b", "2")), at(1)), Step::Wait);
        assert_eq!(standing.left(at(1)), None);
        assert_eq!(standing.holder(), Some("b"));
        standing.wrote(lease("a", "3"), at(20));
        standing.lost();
        assert_eq!(standing.left(at(20)), None);
    }

    #[test]
    fn a_name_that_is_ours_is_no_proof() {
        // Another process of the same name, or we before a restart.
        assert_eq!(standing().saw(Some(lease("a", "1")), at(0)), Step::Wait);
    }

    #[test]
    fn a_lease_that_was_deleted_is_waited_for_as_if_it_were_there() {
        let mut standing = standing();
        standing.saw(Some(lease("b", "1")), at(0));
        assert_eq!(standing.saw(None, at(14)), Step::Wait);
        assert_eq!(standing.saw(None, at(15)), Step::Create);
        // Ours is made anew at once: whoever is faster has it.
        standing.wrote(lease("a", "2"), at(16));
        assert_eq!(standing.saw(None, at(17)), Step::Create);
    }
}
