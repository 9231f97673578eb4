use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

use crate::wait::LONGEST_WAIT;
use crate::{Clock, Due, Fault, Lifetime, Schedule};

mod caller;
mod error;
mod flight;
mod state;
mod status;

use flight::{Driving, Flight};
use state::{Held, State};

pub use caller::AtHand;
pub use error::KeptError;
pub use status::Status;

/// A value that is valid for a time.
pub trait Expires {
    /// From when until when the value is valid, as it was issued.
    fn lifetime(&self) -> Lifetime;
}

/// Where a value comes from.
pub trait Source: Send + Sync {
    /// What is obtained.
    type Value: Expires + Clone + Send + Sync;
    /// Why it could not be.
    type Error: Fault + Send + Sync;

    /// Obtains a new value, over the network as a rule.
    ///
    /// Must end by itself: it carries its own deadline and its own retries. It
    /// may be dropped at any await, when the caller that flew is.
    fn obtain(&self) -> impl Future<Output = Result<Self::Value, Self::Error>> + Send;
}

/// One expiring value, obtained by one caller at a time and kept while it is good.
///
/// | the value | what [`Kept::get`] does | while [`Kept::keep_fresh`] is awaited |
/// |---|---|---|
/// | is fresh | returns it at once | the same |
/// | is due | one caller obtains another; the others get the last good one at once | returns the last good one at once |
/// | is missing or expired | one caller obtains it, the others wait for that | waits for the driver's flight |
///
/// Where obtaining fails, the last good value is served until it expires, and
/// the next attempt waits for [`Backoff::LOOP`](crate::Backoff::LOOP), or as long as the source asks.
/// Without one the error is returned, to everybody who asks within the next
/// seconds too, so that a thousand callers do not become a thousand requests.
/// What has expired is never served.
///
/// No task is spawned: without a driver, the caller that finds the value due
/// does the work. If it is dropped in the middle, the source is left alone for a
/// moment as after a failure, and then another one takes over. Callers that are
/// less patient than the source never obtain anything that way: a daemon awaits
/// [`Kept::keep_fresh`] beside its other work.
pub struct Kept<S: Source> {
    source: S,
    schedule: Schedule,
    clock: Arc<dyn Clock>,
    /// Never held over an await; `flying` is.
    state: Mutex<State<S>>,
    flying: tokio::sync::Mutex<()>,
    /// Something has landed, or a driver has gone: look again.
    changed: Notify,
    /// A caller found the value due: the driver need not sleep any longer.
    wanted: Notify,
}

impl<S: Source> Kept<S> {
    /// Keeps what `source` obtains, and replaces it by `schedule`.
    pub fn new(source: S, schedule: Schedule, clock: Arc<dyn Clock>) -> Self {
        Self {
            source,
            schedule,
            clock,
            state: Mutex::new(State::default()),
            flying: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
            wanted: Notify::new(),
        }
    }

    /// Begins with a value that is already at hand, from an earlier process say.
    #[must_use]
    pub fn starting_with(self, value: S::Value) -> Self {
        self.state().held = Some(Held::new(value));
        self
    }

    /// Where the value comes from.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// Replaces the value whenever it is due, for as long as this is awaited.
    ///
    /// For a daemon, which awaits it once, in a task of its own or joined with
    /// its other work: no caller's patience then decides whether the value is
    /// replaced, and none pays for it but those who find no valid one. It must
    /// be polled while [`Kept::get`] is awaited: never await that in a handler
    /// of the `select!` whose branch this is. It begins with obtaining a value, where there is
    /// none. Failures are waited out, see [`Kept::status`]. Dropping it stops
    /// it: callers do the work themselves again.
    pub async fn keep_fresh(&self) -> Infallible {
        let _driving = Driving::begin(self);
        loop {
            if let Some(rest) = self.rest() {
                // In pieces, and judged anew after each: the wall clock may be
                // set, or the machine suspended.
                tokio::select! {
                    () = self.clock.sleep(rest.min(LONGEST_WAIT)) => {}
                    () = self.wanted.notified() => {}
                }
                continue;
            }
            let flying = self.flying.lock().await;
            // A caller that was flying already may have brought it.
            if self.rest().is_none() {
                // Whatever came of it is in the state, for the callers.
                let _ = Flight::begin(self, flying).land().await;
            }
        }
    }

    /// Makes the value due now, and ends a pause: for an operator who asks for
    /// another one.
    ///
    /// A driver obtains it at once; without one, the next caller does. Asked
    /// for during a flight, another one follows; asked for several times before
    /// a flight begins, there is one.
    pub fn refresh_now(&self) {
        self.state().ask();
        self.wanted.notify_one();
    }

    /// Takes a value that came another way than from the source, if it is fresh and
    /// ends later than the one at hand; whether it did.
    ///
    /// Whoever waits for a flight waits on: what that brings comes after this.
    pub fn put(&self, value: S::Value) -> bool {
        let now = self.clock.now();
        let held = Held::new(value);
        let mut state = self.state();
        let end = |held: &Held<S::Value>| held.value.lifetime().end();
        let is_newer = state.held.as_ref().is_none_or(|it| end(it) < end(&held));
        if !is_newer || !matches!(self.scheduled(&held, now), Due::Fresh { .. }) {
            return false;
        }
        state.keep(held);
        self.changed.notify_waiters();
        true
    }

    /// Waits for what was [asked for](Self::refresh_now): until a flight has
    /// landed, well or badly. Without a driver there is nothing to wait for.
    pub async fn settled(&self) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // Before the look: a landing in between is not missed.
            changed.as_mut().enable();
            let is_flying = self.flying.try_lock().is_err();
            let is_awaited = {
                let state = self.state();
                state.is_asked_for && state.silence.is_none() && state.drivers > 0
            };
            if !is_flying && !is_awaited {
                return;
            }
            changed.await;
        }
    }

    /// How things stand, without doing anything about it: for readiness,
    /// metrics and audit.
    pub fn status(&self) -> Status<S::Error> {
        let now = self.clock.now();
        let state = self.state();
        let held = state.held.as_ref();
        Status {
            lifetime: held.map(|held| held.value.lifetime()),
            due: held.map(|held| self.due(&state, held, now)),
            is_obtaining: self.flying.try_lock().is_err(),
            misses: state.misses,
            retry_at: state.silence.as_ref().and_then(|it| it.pause.end(now)),
            last_error: state.last_error.clone(),
        }
    }

    /// How long a driver has nothing to do; `None`: it has to fly.
    fn rest(&self) -> Option<Duration> {
        let now = self.clock.now();
        let state = self.state();
        let pause = state.silence.as_ref().and_then(|it| it.pause.left(now));
        pause.or_else(|| match self.due(&state, state.held.as_ref()?, now) {
            Due::Fresh { until } => until.duration_since(now).ok(),
            Due::Due | Due::Expired | Due::NotYetValid => None,
        })
    }

    /// Takes in what came back, and answers the caller that went for it.
    fn take_in(&self, landed: Result<S::Value, S::Error>) -> Answer<S> {
        let now = self.clock.now();
        let mut state = self.state();
        let error = match landed {
            Ok(value) => {
                let held = Held::new(value);
                match self.scheduled(&held, now) {
                    Due::Expired => KeptError::Expired {
                        end: held.value.lifetime().end(),
                        now,
                    },
                    Due::Fresh { .. } => return Ok(state.keep(held)),
                    // A source that has nothing newer is not asked again at once.
                    Due::Due | Due::NotYetValid => return Ok(state.keep_a_due_one(held, now)),
                }
            }
            Err(error) => KeptError::Source(Arc::new(error)),
        };
        state.fail(error, now)
    }

    fn due(&self, state: &State<S>, held: &Held<S::Value>, now: SystemTime) -> Due {
        match self.scheduled(held, now) {
            Due::Fresh { .. } if state.is_asked_for => Due::Due,
            due => due,
        }
    }

    fn scheduled(&self, held: &Held<S::Value>, now: SystemTime) -> Due {
        self.schedule.at(held.value.lifetime(), now, held.random)
    }

    fn is_driven(&self) -> bool {
        self.state().drivers > 0
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Source> fmt::Debug for Kept<S> {
    /// The value is a secret as a rule: only its lifetime is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Kept")
            .field("schedule", &self.schedule)
            .field(
                "lifetime",
                &state.held.as_ref().map(|held| held.value.lifetime()),
            )
            .field("misses", &state.misses)
            .finish_non_exhaustive()
    }
}

/// What [`Kept::get`] returns.
type Answer<S> = Result<<S as Source>::Value, KeptError<<S as Source>::Error>>;

#[cfg(test)]
mod tests;
