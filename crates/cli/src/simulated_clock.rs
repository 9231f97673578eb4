//! Time for tests.

#![cfg(feature = "vault")]

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use refresh::{Clock, Sleep};

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

/// Who lives by a clock: time passes when all of them sleep that can. How many
/// can is learnt, as some have nothing to do until they are told.
#[derive(Debug)]
pub(crate) struct Sleepers {
    clock: SimulatedClock,
    asleep: Cell<usize>,
}

impl Sleepers {
    /// At the beginning, so many sleep when nothing happens.
    pub(crate) fn new(clock: &SimulatedClock, asleep: usize) -> Self {
        Self {
            clock: clock.clone(),
            asleep: Cell::new(asleep),
        }
    }

    /// Lets time pass until `end`; before each moment in which anything can
    /// happen, `moment` may change the world, and look at it.
    pub(crate) async fn pass_until(
        &self,
        end: Duration,
        is_obtaining: impl Fn() -> bool,
        mut moment: impl FnMut(),
    ) {
        while self.clock.elapsed() < end {
            // While a request is under way, time stands still.
            if self.are_quiet(&is_obtaining).await {
                moment();
                self.clock.pass();
            }
            // Whoever wakes comes first, whichever order they are asked in.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }
    }

    /// Whether all sleep that can: what one of them does takes no time.
    async fn are_quiet(&self, is_obtaining: impl Fn() -> bool) -> bool {
        for _ in 0..50_000 {
            if is_obtaining() {
                return false;
            }
            let asleep = self.clock.asleep();
            if asleep >= self.asleep.get() && asleep > 0 {
                self.asleep.set(asleep);
                return true;
            }
            tokio::task::yield_now().await;
        }
        self.asleep.set(self.clock.asleep());
        false
    }
}

/// Runs a simulation: in one thread, its order is the same each time.
pub(crate) fn run<F: Future<Output = ()>>(simulation: F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(simulation);
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
