use tokio::sync::MutexGuard;

use super::{Answer, Kept, Source};

/// One attempt to obtain a value, by whoever holds the lock.
///
/// Dropped on the way, it counts as a miss: callers that give up one after the
/// other, before the source can answer, would else be one request each.
pub(super) struct Flight<'a, S: Source> {
    kept: &'a Kept<S>,
    has_landed: bool,
    /// Whether somebody asked for it: who asks while it is under way means
    /// another one.
    is_asked_for: bool,
    _flying: MutexGuard<'a, ()>,
}

impl<'a, S: Source> Flight<'a, S> {
    pub(super) fn begin(kept: &'a Kept<S>, flying: MutexGuard<'a, ()>) -> Self {
        Self {
            kept,
            has_landed: false,
            is_asked_for: std::mem::take(&mut kept.state().is_asked_for),
            _flying: flying,
        }
    }

    /// Obtains a value, and takes in what came of it.
    pub(super) async fn land(mut self) -> Answer<S> {
        let brought = self.kept.source.obtain().await;
        self.has_landed = true;
        let answer = self.kept.take_in(brought);
        // What failed, or arrived expired, is still wanted. The answer does not
        // tell: it may be the last good value.
        self.is_asked_for &= self.kept.state().last_error.is_some();
        answer
    }
}

impl<S: Source> Drop for Flight<'_, S> {
    fn drop(&mut self) {
        let mut state = self.kept.state();
        state.is_asked_for |= self.is_asked_for;
        if !self.has_landed {
            state.abandon(self.kept.clock.now());
        }
        drop(state);
        self.kept.changed.notify_waiters();
    }
}

/// As long as this lives, callers leave the flying to the driver.
pub(super) struct Driving<'a, S: Source>(&'a Kept<S>);

impl<'a, S: Source> Driving<'a, S> {
    pub(super) fn begin(kept: &'a Kept<S>) -> Self {
        kept.state().drivers += 1;
        Self(kept)
    }
}

impl<S: Source> Drop for Driving<'_, S> {
    fn drop(&mut self) {
        self.0.state().drivers -= 1;
        // Whoever waits for this driver has to do without it now.
        self.0.changed.notify_waiters();
    }
}
