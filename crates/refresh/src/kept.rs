use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::{Backoff, Clock, Due, Fault, Lifetime, Schedule};

mod error;

pub use error::KeptError;

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
/// | the value | what [`Kept::get`] does |
/// |---|---|
/// | is fresh | returns it at once |
/// | is due | one caller obtains another; the others get the last good one at once |
/// | is missing or expired | one caller obtains it, the others wait for that |
///
/// Where obtaining fails, the last good value is served until it expires, and
/// the next attempt waits for [`Backoff::LOOP`]. Without one the error is
/// returned, to everybody who asks within the next seconds too, so that a
/// thousand callers do not become a thousand requests. What has expired is
/// never served.
///
/// No task is spawned: the caller that finds the value due does the work. If it
/// is dropped, another one takes over.
pub struct Kept<S: Source> {
    source: S,
    schedule: Schedule,
    clock: Arc<dyn Clock>,
    /// Never held over an await; `flight` is.
    state: Mutex<State<S>>,
    flight: tokio::sync::Mutex<()>,
}

impl<S: Source> Kept<S> {
    /// Keeps what `source` obtains, and replaces it by `schedule`.
    pub fn new(source: S, schedule: Schedule, clock: Arc<dyn Clock>) -> Self {
        Self {
            source,
            schedule,
            clock,
            state: Mutex::new(State {
                held: None,
                pause: None,
                misses: 0,
            }),
            flight: tokio::sync::Mutex::new(()),
        }
    }

    /// Begins with a value that is already at hand, from an earlier process say.
    #[must_use]
    pub fn starting_with(self, value: S::Value) -> Self {
        self.state().held = Some(Held::new(value));
        self
    }

    /// A valid value.
    ///
    /// The error is that of the last attempt to obtain one.
    pub async fn get(&self) -> Result<S::Value, KeptError<S::Error>> {
        let _flight = match self.look() {
            Found::Answer(answer) => return answer,
            Found::Due(last_good) => match self.flight.try_lock() {
                Ok(flight) => flight,
                Err(_) => return Ok(last_good),
            },
            Found::Nothing => self.flight.lock().await,
        };
        // Whoever flew while we waited may have brought it, or failed for us all.
        if let Found::Answer(answer) = self.look() {
            return answer;
        }
        let landed = self.source.obtain().await;
        self.land(landed)
    }

    fn look(&self) -> Found<S> {
        let now = self.clock.now();
        let state = self.state();
        let pause = state.pause.as_ref().filter(|pause| pause.lasts(now));
        match state.held.as_ref().map(|held| (held, self.due(held, now))) {
            Some((held, Due::Fresh { .. })) => Found::Answer(Ok(held.value.clone())),
            Some((held, Due::Due | Due::NotYetValid)) if pause.is_some() => {
                Found::Answer(Ok(held.value.clone()))
            }
            Some((held, Due::Due | Due::NotYetValid)) => Found::Due(held.value.clone()),
            Some((_, Due::Expired)) | None => match pause.and_then(|pause| pause.error.clone()) {
                Some(error) => Found::Answer(Err(error)),
                None => Found::Nothing,
            },
        }
    }

    /// Takes in what came back, and answers the caller that went for it.
    fn land(&self, landed: Result<S::Value, S::Error>) -> Result<S::Value, KeptError<S::Error>> {
        let now = self.clock.now();
        let mut state = self.state();
        let error = match landed {
            Ok(value) => {
                let held = Held::new(value);
                match self.due(&held, now) {
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

    fn due(&self, held: &Held<S::Value>, now: SystemTime) -> Due {
        self.schedule.at(held.value.lifetime(), now, held.random)
    }

    fn state(&self) -> MutexGuard<'_, State<S>> {
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

/// What a look at the state says.
enum Found<S: Source> {
    /// Nothing is to be done: this is the answer.
    Answer(Result<S::Value, KeptError<S::Error>>),
    /// The value is due; this is the last good one.
    Due(S::Value),
    /// There is no valid value.
    Nothing,
}

struct State<S: Source> {
    held: Option<Held<S::Value>>,
    pause: Option<Pause<S::Error>>,
    /// How many attempts in a row brought nothing fresh.
    misses: u32,
}

impl<S: Source> State<S> {
    fn keep(&mut self, held: Held<S::Value>) -> S::Value {
        self.misses = 0;
        self.pause = None;
        self.held.insert(held).value.clone()
    }

    fn keep_a_due_one(&mut self, held: Held<S::Value>, now: SystemTime) -> S::Value {
        let end = held.value.lifetime().end();
        let value = self.held.insert(held).value.clone();
        let length = self.miss(Backoff::LOOP, None);
        self.pause = Some(Pause::new(now, length, None).until(end));
        value
    }

    /// Answers with the last good value while there is one.
    fn fail(
        &mut self,
        error: KeptError<S::Error>,
        now: SystemTime,
    ) -> Result<S::Value, KeptError<S::Error>> {
        let asked = error.retry_after();
        // An expired value may hold a key: there is no reason to keep it longer.
        self.held = self
            .held
            .take()
            .filter(|held| now < held.value.lifetime().end());
        if let Some(held) = &self.held {
            let (value, end) = (held.value.clone(), held.value.lifetime().end());
            let length = self.miss(Backoff::LOOP, asked);
            self.pause = Some(Pause::new(now, length, Some(error)).until(end));
            return Ok(value);
        }
        let length = self.miss(WITHOUT_A_VALUE, asked);
        self.pause = Some(Pause::new(now, length, Some(error.clone())));
        Err(error)
    }

    fn miss(&mut self, backoff: Backoff, asked: Option<Duration>) -> Duration {
        let delay = backoff.delay(self.misses, fastrand::f64(), asked);
        self.misses = self.misses.saturating_add(1);
        // Full jitter may say "at once"; that would be a storm.
        delay.max(SHORTEST_PAUSE)
    }
}

struct Held<V> {
    value: V,
    /// Drawn once: drawn at every look, many looks would find the earliest time.
    random: f64,
}

impl<V> Held<V> {
    fn new(value: V) -> Self {
        Self {
            value,
            random: fastrand::f64(),
        }
    }
}

/// A time in which nothing is asked of the source.
struct Pause<E> {
    since: SystemTime,
    length: Duration,
    error: Option<KeptError<E>>,
}

impl<E> Pause<E> {
    fn new(since: SystemTime, length: Duration, error: Option<KeptError<E>>) -> Self {
        Self {
            since,
            length,
            error,
        }
    }

    /// Ends the pause at `end` at the latest: then there is no last good value.
    fn until(mut self, end: SystemTime) -> Self {
        let left = end.duration_since(self.since).unwrap_or_default();
        self.length = self.length.min(left);
        self
    }

    /// A clock that was set back ends the pause: it must not last for a year.
    fn lasts(&self, now: SystemTime) -> bool {
        now.duration_since(self.since)
            .is_ok_and(|passed| passed < self.length)
    }
}

/// Callers are waiting: try again soon, but not with every call.
const WITHOUT_A_VALUE: Backoff = Backoff {
    base: Duration::from_secs(1),
    cap: Duration::from_secs(10),
};

const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
