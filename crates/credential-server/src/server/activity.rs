use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};

/// What a connection is doing, and since when; read by who decides which one goes.
#[derive(Debug)]
pub(crate) struct Activity {
    pulse: Arc<Pulse>,
    state: AtomicU8,
    since: AtomicU32,
    order: AtomicU64,
    trusted: AtomicBool,
}

impl Activity {
    pub(super) fn new(pulse: Arc<Pulse>) -> Self {
        let activity = Self {
            state: AtomicU8::new(State::Head as u8),
            since: AtomicU32::new(0),
            order: AtomicU64::new(0),
            trusted: AtomicBool::new(false),
            pulse,
        };
        activity.enter(State::Head);
        activity
    }

    pub(super) fn enter(&self, state: State) {
        self.state.store(state as u8, Relaxed);
        self.since.store(self.pulse.beats.load(Relaxed), Relaxed);
        self.order
            .store(self.pulse.moments.fetch_add(1, Relaxed), Relaxed);
    }

    /// The first byte after a pause begins a head.
    pub(super) fn bytes_came(&self) {
        if self.state.load(Relaxed) == State::Idle as u8 {
            self.enter(State::Head);
        }
    }

    /// A request on it had a token that not everybody can have: those of the
    /// metadata service are given to whoever asks.
    pub(crate) fn trust(&self) {
        self.trusted.store(true, Relaxed);
    }

    pub(super) fn state(&self) -> State {
        match self.state.load(Relaxed) {
            0 => State::Head,
            1 => State::Request,
            _ => State::Idle,
        }
    }

    /// Beats since it entered its state.
    pub(super) fn age(&self) -> u32 {
        let now = self.pulse.beats.load(Relaxed);
        now.wrapping_sub(self.since.load(Relaxed))
    }

    /// The least goes first: strangers before the trusted, and of each who has
    /// been quiet longest.
    pub(super) fn worth(&self) -> (bool, u64) {
        (self.trusted.load(Relaxed), self.order.load(Relaxed))
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    /// A handshake, or the head of a request, is coming in.
    Head = 0,
    /// A request is being answered.
    Request = 1,
    /// Between two requests.
    Idle = 2,
}

/// A coarse clock for thousands of connections: no timer for each of them.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    beats: AtomicU32,
    moments: AtomicU64,
}

impl Pulse {
    pub(super) fn beat(&self) {
        self.beats.fetch_add(1, Relaxed);
    }
}
