//! Time for tests.

use refresh::{Clock, Sleep};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// A clock whose time passes when everybody sleeps. The time that sleeps are
/// measured by stands still while the machine is suspended; what the wall
/// clock shows can be wrong.
#[derive(Clone, Debug)]
pub(crate) struct SimulatedClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// Since the beginning, as timers count it.
    running: Duration,
    suspended: Duration,
    /// How far the wall clock is behind the true time.
    behind: Duration,
    sleepers: Vec<(u64, Duration)>,
    next: u64,
}

impl SimulatedClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            running: Duration::ZERO,
            suspended: Duration::ZERO,
            behind: Duration::ZERO,
            sleepers: Vec::new(),
            next: 0,
        })))
    }

    /// How long it has been going on, in true time.
    pub(crate) fn elapsed(&self) -> Duration {
        let state = self.state();
        state.running + state.suspended
    }

    pub(crate) fn true_time(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400) + self.elapsed()
    }

    /// The machine sleeps, and no timer counts it.
    pub(crate) fn suspend(&self, length: Duration) {
        self.state().suspended += length;
    }

    /// Somebody sets the wall clock wrong; nothing: right again.
    pub(crate) fn set_back(&self, behind: Duration) {
        self.state().behind = behind;
    }

    /// How many sleep on.
    pub(crate) fn asleep(&self) -> usize {
        let state = self.state();
        let sleepers = state.sleepers.iter();
        sleepers.filter(|(_, end)| *end > state.running).count()
    }

    /// Goes on to the next moment at which somebody wakes.
    pub(crate) fn pass(&self) {
        let mut state = self.state();
        let running = state.running;
        let ends = state.sleepers.iter().map(|(_, end)| *end);
        if let Some(next) = ends.filter(|end| *end > running).min() {
            state.running = next;
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> SystemTime {
        self.true_time() - self.state().behind
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        let mut state = self.state();
        let (id, end) = (state.next, state.running + duration);
        state.next += 1;
        state.sleepers.push((id, end));
        let sleeper = Sleeper { clock: self, id };
        Box::pin(async move {
            let sleeper = sleeper;
            while sleeper.clock.state().running < end {
                tokio::task::yield_now().await;
            }
        })
    }
}

/// Whoever sleeps; dropped, it is awake.
struct Sleeper<'a> {
    clock: &'a SimulatedClock,
    id: u64,
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.clock.state().sleepers.retain(|(id, _)| *id != self.id);
    }
}
