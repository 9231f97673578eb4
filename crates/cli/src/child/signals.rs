#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A request to end, as a signal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(
    not(any(unix, test)),
    expect(dead_code, reason = "there is only the interrupt here")
)]
pub(crate) enum Request {
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-\.
    Quit,
    /// What `kill` sends.
    Terminate,
    /// The terminal is gone.
    Hangup,
}

impl Request {
    /// Whether a terminal sends it by a key to everything that runs in it.
    pub(crate) fn is_of_keyboard(self) -> bool {
        matches!(self, Self::Interrupt | Self::Quit)
    }

    /// Whether it means the end, so that who does not heed it is killed. An
    /// interrupt at a terminal does not: an interpreter goes on after it. Nor
    /// does a quit: a JVM prints its threads.
    pub(crate) fn is_final(self, at_terminal: bool) -> bool {
        match self {
            Self::Interrupt => !at_terminal,
            Self::Quit => false,
            Self::Terminate | Self::Hangup => true,
        }
    }
}

/// The requests to end. From when they are listened for, none ends us before
/// we have cleaned up.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    quit: Signal,
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    hangup: Signal,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next one. Dropping the future loses none.
    pub(crate) async fn next(&mut self) -> Request {
        tokio::select! {
            _ = self.interrupt.recv() => Request::Interrupt,
            _ = self.quit.recv() => Request::Quit,
            _ = self.terminate.recv() => Request::Terminate,
            _ = self.hangup.recv() => Request::Hangup,
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Request {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Request::Interrupt
    }
}
