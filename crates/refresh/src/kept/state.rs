use std::time::{Duration, SystemTime};

use super::{Answer, Expires as _, KeptError, Source};
use crate::{Backoff, Fault, Pause};

/// What a [`Kept`](super::Kept) knows.
pub(super) struct State<S: Source> {
    pub(super) held: Option<Held<S::Value>>,
    pub(super) silence: Option<Silence<S::Error>>,
    /// How many attempts in a row brought nothing fresh.
    pub(super) misses: u32,
    /// Of the last attempt that came to an end, if it failed.
    pub(super) last_error: Option<KeptError<S::Error>>,
    /// How many drivers are awaited; one, as a rule.
    pub(super) drivers: usize,
    /// Whether somebody wants another value, whatever the schedule says.
    pub(super) is_asked_for: bool,
}

// By hand: a derive would ask for `S: Default`.
impl<S: Source> Default for State<S> {
    fn default() -> Self {
        Self {
            held: None,
            silence: None,
            misses: 0,
            last_error: None,
            drivers: 0,
            is_asked_for: false,
        }
    }
}

impl<S: Source> State<S> {
    /// Wants another value, and does not wait for it.
    pub(super) fn ask(&mut self) {
        self.is_asked_for = true;
        self.silence = None;
    }

    pub(super) fn keep(&mut self, held: Held<S::Value>) -> S::Value {
        self.misses = 0;
        self.silence = None;
        self.last_error = None;
        self.held.insert(held).value.clone()
    }

    pub(super) fn keep_a_due_one(&mut self, held: Held<S::Value>, now: SystemTime) -> S::Value {
        self.last_error = None;
        let value = self.held.insert(held).value.clone();
        self.miss(now, None);
        value
    }

    /// Answers with the last good value while there is one.
    pub(super) fn fail(&mut self, error: KeptError<S::Error>, now: SystemTime) -> Answer<S> {
        self.last_error = Some(error.clone());
        self.forget_the_expired(now);
        self.miss(now, Some(error.clone()));
        self.held
            .as_ref()
            .map_or(Err(error), |held| Ok(held.value.clone()))
    }

    /// An attempt came to no end: its caller was dropped.
    pub(super) fn abandon(&mut self, now: SystemTime) {
        self.forget_the_expired(now);
        self.miss(now, None);
    }

    /// An expired value may hold a key: there is no reason to keep it longer.
    fn forget_the_expired(&mut self, now: SystemTime) {
        let is_valid = |held: &Held<S::Value>| now < held.value.lifetime().end();
        self.held = self.held.take().filter(is_valid);
    }

    /// Leaves the source alone for a while; as long as it asks, at the least.
    fn miss(&mut self, now: SystemTime, error: Option<KeptError<S::Error>>) {
        let asked = error.as_ref().and_then(KeptError::retry_after);
        let end = self.held.as_ref().map(|held| held.value.lifetime().end());
        let (backoff, asked) = match end {
            Some(_) => (Backoff::LOOP, asked),
            // Nothing else would end the pause.
            None => (
                without_a_value(error.as_ref()),
                asked.map(|asked| asked.min(Pause::LONGEST_ASKED)),
            ),
        };
        let pause = Pause::after(self.misses, backoff, asked, now);
        self.misses = self.misses.saturating_add(1);
        self.silence = Some(Silence {
            // Then there is no last good value.
            pause: end.map_or(pause, |end| pause.until(end)),
            error,
        });
    }
}

pub(super) struct Held<V> {
    pub(super) value: V,
    /// Drawn once: drawn at every look, many looks would find the earliest time.
    pub(super) random: f64,
}

impl<V> Held<V> {
    pub(super) fn new(value: V) -> Self {
        Self {
            value,
            random: fastrand::f64(),
        }
    }
}

/// A time in which nothing is asked of the source.
pub(super) struct Silence<E> {
    pub(super) pause: Pause,
    /// What callers without a value are told meanwhile; `None`: they wait.
    pub(super) error: Option<KeptError<E>>,
}

/// Callers are waiting: try again soon, but not with every call; and less often
/// where trying again is not what helps.
fn without_a_value<E: Fault>(error: Option<&KeptError<E>>) -> Backoff {
    let is_transient = error.is_none_or(|error| error.fault().is_transient());
    Backoff {
        base: Duration::from_secs(1),
        cap: Duration::from_secs(if is_transient { 10 } else { 60 }),
    }
}
