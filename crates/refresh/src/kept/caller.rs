use std::time::Duration;

use tokio::sync::MutexGuard;

use super::{Answer, Flight, Kept, KeptError, Source};
use crate::Due;
use crate::wait::LONGEST_WAIT;

/// What a caller does: without a driver it flies itself.
impl<S: Source> Kept<S> {
    /// A valid value.
    ///
    /// The error is that of the last attempt to obtain one.
    pub async fn get(&self) -> Result<S::Value, KeptError<S::Error>> {
        loop {
            // Registered before the look: a landing in between is not missed.
            let changed = self.changed.notified();
            let flying = match self.look() {
                Found::Answer(answer) => return answer,
                Found::Due(last_good) if self.is_driven() => {
                    self.wanted.notify_one();
                    return Ok(last_good);
                }
                Found::Due(last_good) => match self.flying.try_lock() {
                    Ok(flying) => flying,
                    Err(_) => return Ok(last_good),
                },
                Found::Nothing if self.is_driven() => {
                    self.wanted.notify_one();
                    changed.await;
                    continue;
                }
                Found::Nothing => self.flying.lock().await,
            };
            if let Some(answer) = self.fly_for_a_caller(flying).await {
                return answer;
            }
        }
    }

    /// What there is without asking anybody: for callers that do not fly
    /// themselves, and see to it that somebody does.
    pub fn at_hand(&self) -> AtHand<S::Value, KeptError<S::Error>> {
        match self.look() {
            Found::Answer(Ok(value)) => AtHand::Good(value),
            Found::Answer(Err(error)) => AtHand::Failed(error),
            Found::Due(value) => AtHand::Due(value),
            Found::Nothing => AtHand::Nothing,
        }
    }

    /// Obtains a value for the caller that has come to its turn; `None` if
    /// there is a driver to do so by now.
    async fn fly_for_a_caller(&self, flying: MutexGuard<'_, ()>) -> Option<Answer<S>> {
        // Somebody whose caller was dropped flew just now: not again at once.
        // The others wait behind this one.
        while let Some(left) = self.silence() {
            self.clock.sleep(left.min(LONGEST_WAIT)).await;
        }
        // Whoever flew while we waited may have brought it, or failed for us all.
        match self.look() {
            Found::Answer(answer) => Some(answer),
            _ if self.is_driven() => None,
            _ => Some(Flight::begin(self, flying).land().await),
        }
    }

    fn look(&self) -> Found<S> {
        let now = self.clock.now();
        let state = self.state();
        let silence = state.silence.as_ref().filter(|it| it.pause.lasts(now));
        match state
            .held
            .as_ref()
            .map(|held| (held, self.due(&state, held, now)))
        {
            Some((held, Due::Fresh { .. })) => Found::Answer(Ok(held.value.clone())),
            Some((held, Due::Due | Due::NotYetValid)) if silence.is_some() => {
                Found::Answer(Ok(held.value.clone()))
            }
            Some((held, Due::Due | Due::NotYetValid)) => Found::Due(held.value.clone()),
            Some((_, Due::Expired)) | None => match silence.and_then(|it| it.error.clone()) {
                Some(error) => Found::Answer(Err(error)),
                None => Found::Nothing,
            },
        }
    }

    /// How long a pause lasts in which there is neither a value nor an error.
    fn silence(&self) -> Option<Duration> {
        match self.look() {
            Found::Answer(_) => None,
            Found::Due(_) | Found::Nothing => {
                let now = self.clock.now();
                self.state().silence.as_ref()?.pause.left(now)
            }
        }
    }
}

/// What [`Kept::at_hand`] finds.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum AtHand<V, E> {
    /// A valid value, with which nothing is to be done now.
    Good(V),
    /// A valid value that is to be replaced: [`Kept::get`] would.
    Due(V),
    /// None, and the last attempt was so short a time ago that there is no other
    /// one yet.
    Failed(E),
    /// None: [`Kept::get`] would obtain one.
    Nothing,
}

/// What a look at the state says.
enum Found<S: Source> {
    /// Nothing is to be done: this is the answer.
    Answer(Answer<S>),
    /// The value is due; this is the last good one.
    Due(S::Value),
    /// There is no valid value.
    Nothing,
}
