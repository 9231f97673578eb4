#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks of a long-running command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Request {
    /// SIGHUP: refresh now.
    Refresh,
    /// SIGTERM or SIGINT: end.
    End,
}

/// The signals that are heeded. From when they are listened for, none of them
/// ends the process by itself.
pub(crate) struct Signals {
    #[cfg(unix)]
    hangup: Signal,
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    interrupt: Signal,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The next one. Dropping the future loses none.
    pub(crate) async fn next(&mut self) -> Request {
        tokio::select! {
            _ = self.hangup.recv() => Request::Refresh,
            _ = self.terminate.recv() => Request::End,
            _ = self.interrupt.recv() => Request::End,
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
        Request::End
    }
}
