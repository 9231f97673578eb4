use std::sync::Arc;
use std::time::{Duration, SystemTime};

use refresh::{Backoff, Fault as _, Pause};

use super::super::content::Content;
use super::super::secret_sink::{Delivered, Outcome};
use super::super::{Error, Seen};

/// What is known of one namespace.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// By which searches it is a target: one bit each.
    pub(super) found_by: u8,
    secret: Secret,
    /// The contents that were delivered last, and the version that the Secret
    /// had then.
    delivered: Option<(Arc<str>, String)>,
    pause: Option<Pause>,
    misses: u32,
    /// Why it has not got what it should: `foreign`, `denied`, ….
    pub(super) problem: Option<&'static str>,
    /// Why it cannot be seen.
    pub(super) hidden: Option<&'static str>,
    /// When what others had changed was mended.
    repairs: Vec<SystemTime>,
    /// Whether the pause is one between us and somebody else.
    is_truce: bool,
    under_way: Option<UnderWay>,
}

/// A delivery that has not ended.
#[derive(Clone, Copy, Debug, Default)]
struct UnderWay {
    /// Whether there was no Secret when it began.
    began_absent: bool,
    /// Whether the Secret was seen to change since.
    has_news: bool,
}

/// What is known of the Secret of a namespace.
#[derive(Debug, Default, PartialEq)]
enum Secret {
    /// Nothing yet.
    #[default]
    Unknown,
    Absent,
    Is(Seen),
}

/// What has come of a delivery, for those who watch.
pub(super) struct Ended {
    /// Somebody had changed or deleted what we had written.
    pub(super) is_repair: bool,
    /// That happens again and again: it is left alone for a while.
    pub(super) is_fight: bool,
    /// When it is tried again.
    pub(super) pause: Option<Pause>,
}

impl Place {
    /// Whether it is to have a Secret.
    pub(super) fn is_target(&self) -> bool {
        self.found_by != 0
    }

    /// The Secret as it was seen last.
    pub(super) fn seen(&self) -> Option<&Seen> {
        match &self.secret {
            Secret::Is(seen) => Some(seen),
            Secret::Unknown | Secret::Absent => None,
        }
    }

    /// The Secret was seen like that; `None` means that it is not there. Says
    /// whether that is news.
    pub(super) fn saw(&mut self, seen: Option<Seen>) -> bool {
        if seen.as_ref().is_some_and(|seen| self.knows_later(seen)) {
            return false;
        }
        let secret = seen.map_or(Secret::Absent, Secret::Is);
        if secret == self.secret {
            return false;
        }
        self.secret = secret;
        if let Some(under_way) = &mut self.under_way {
            under_way.has_news = true;
        }
        // What stood in the way may be gone; a truce is one, though.
        if !self.is_truce {
            self.pause = None;
        }
        true
    }

    /// Whether a later state is known: the answer to a write comes before what a
    /// list or a watch says of the time before it.
    fn knows_later(&self, seen: &Seen) -> bool {
        let known = self.seen();
        known.is_some_and(|known| known.uid == seen.uid && known.is_surely_after(seen))
    }

    /// All Secrets are known, and this one was not among them.
    pub(super) fn settle(&mut self) {
        if self.secret == Secret::Unknown {
            self.secret = Secret::Absent;
        }
    }

    /// Whether there is nothing to remember of it.
    pub(super) fn is_blank(&self) -> bool {
        !self.is_target() && self.under_way.is_none() && self.seen().is_none()
    }

    /// Whether the Secret has to be written for it to have `content`; not while
    /// nothing is known of it.
    pub(super) fn needs(&self, content: &Content) -> bool {
        self.is_target()
            && match &self.secret {
                Secret::Unknown => false,
                Secret::Absent => true,
                Secret::Is(seen) if seen.is_ours() => !seen.has(content),
                Secret::Is(seen) => !self.was_delivered(content, seen),
            }
    }

    /// Whether it has what it should.
    pub(super) fn has(&self, content: &Content) -> bool {
        let seen = self.seen();
        seen.is_some_and(|seen| seen.has(content) || self.was_delivered(content, seen))
    }

    fn was_delivered(&self, content: &Content, seen: &Seen) -> bool {
        self.delivered
            .as_ref()
            .is_some_and(|(id, version)| **id == *content.id() && *version == seen.resource_version)
    }

    /// Whether something is under way that has not ended.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Something is under way from now on; gives what was seen last.
    pub(super) fn begin(&mut self) -> Option<Seen> {
        self.under_way = Some(UnderWay {
            began_absent: self.seen().is_none(),
            has_news: false,
        });
        self.seen().cloned()
    }

    /// What is under way never ends.
    pub(super) fn abandon(&mut self) {
        self.under_way = None;
        self.problem = None;
    }

    /// It has what it should: nothing is wrong with it any more.
    pub(super) fn rest(&mut self) {
        self.problem = None;
        self.is_truce = false;
        self.misses = 0;
    }

    /// How long it is to be left alone.
    pub(super) fn pause(&self, now: SystemTime) -> Option<Duration> {
        self.pause.and_then(|pause| pause.left(now))
    }

    /// Other contents are wanted: what stood in the way of the last ones may not
    /// stand in theirs.
    pub(super) fn wants_other(&mut self) {
        self.pause = None;
        self.is_truce = false;
        self.misses = 0;
        self.repairs.clear();
    }

    /// Takes in what has come of a delivery of `content`.
    pub(super) fn ended(
        &mut self,
        content: &Content,
        ended: &Result<Delivered, Error>,
        now: SystemTime,
    ) -> Ended {
        let under_way = self.under_way.take().unwrap_or_default();
        let error = match ended {
            Ok(delivered) => return self.was_brought((content, delivered), under_way, now),
            Err(error) => error,
        };
        // What was refused may not be there any more.
        let is_stale = under_way.has_news && !error.fault().is_transient();
        self.is_truce = false;
        self.pause = (!is_stale).then(|| pause(error, self.misses, now));
        self.misses += 1;
        self.problem = Some(error.kind());
        Ended {
            is_repair: false,
            is_fight: false,
            pause: self.pause,
        }
    }

    fn was_brought(
        &mut self,
        (content, delivered): (&Content, &Delivered),
        under_way: UnderWay,
        now: SystemTime,
    ) -> Ended {
        let was_there = self.delivered.as_ref();
        let was_there = was_there.is_some_and(|(id, _)| **id == *content.id());
        let is_repair = was_there && delivered.outcome != Outcome::Unchanged;
        self.misses = 0;
        self.problem = None;
        if !self.is_older(delivered, under_way) {
            self.secret = Secret::Is(delivered.seen.clone());
        }
        let version = delivered.seen.resource_version.clone();
        self.delivered = Some((content.id().into(), version));
        self.pause = None;
        if is_repair {
            self.repairs.retain(|&at| {
                now.duration_since(at)
                    .is_ok_and(|since| since < FIGHT_WITHIN)
            });
            self.repairs.push(now);
        }
        let is_fight = self.repairs.len() >= FIGHT;
        self.is_truce = is_fight;
        if is_fight {
            self.pause = Some(Pause::new(now, TRUCE));
            self.repairs.clear();
            self.problem = Some("fight");
        }
        Ended {
            is_repair,
            is_fight,
            pause: self.pause,
        }
    }

    /// Whether something else was seen already when the answer came.
    fn is_older(&self, delivered: &Delivered, under_way: UnderWay) -> bool {
        match &self.secret {
            _ if !under_way.has_news => false,
            // One that was there is deleted by now, be it the one that we have
            // created meanwhile. One that was deleted first is there again.
            Secret::Absent => under_way.began_absent || delivered.outcome != Outcome::Created,
            Secret::Is(seen) => seen.is_after(&delivered.seen),
            Secret::Unknown => false,
        }
    }
}

/// When it is tried again: soon, where that may help by itself.
pub(super) fn pause(error: &Error, misses: u32, now: SystemTime) -> Pause {
    match error {
        Error::NotFound { .. } | Error::Terminating { .. } => Pause::new(
            now,
            (APPEARS * 2_u32.saturating_pow(misses)).min(APPEARS_CAP),
        ),
        error if error.fault().is_transient() => {
            Pause::after(misses, BACKOFF, error.retry_after(), now).at_most(Pause::LONGEST_ASKED)
        }
        // A change of the Secret ends it at once; a right that is given, or a
        // policy that is changed, is not seen.
        _ => Pause::new(now, REFUSED),
    }
}

const BACKOFF: Backoff = Backoff {
    base: Duration::from_secs(1),
    cap: Duration::from_mins(5),
};
/// A namespace that is named may be made at any moment.
const APPEARS: Duration = Duration::from_secs(10);
const APPEARS_CAP: Duration = Duration::from_mins(2);
const REFUSED: Duration = Duration::from_mins(5);

/// So many repairs in so long a time are a fight with somebody, which nobody
/// wins; then there is a truce.
pub(super) const FIGHT: usize = 5;
pub(super) const FIGHT_WITHIN: Duration = Duration::from_mins(10);
pub(super) const TRUCE: Duration = Duration::from_mins(10);
