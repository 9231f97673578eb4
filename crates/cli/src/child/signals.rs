#[cfg(unix)]
use std::io::IsTerminal as _;
#[cfg(unix)]
use std::task::Poll;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A signal that we get: a request to end, or a message for the command.
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
    /// For the command alone.
    #[cfg(unix)]
    Message(rustix::process::Signal),
}

impl Request {
    /// The requests to end.
    #[cfg(unix)]
    const ENDS: [Self; 4] = [Self::Interrupt, Self::Quit, Self::Terminate, Self::Hangup];

    /// Whether it is for a command and means nothing to us.
    #[cfg(any(feature = "sandbox", test))]
    pub(crate) fn is_message(self) -> bool {
        #[cfg(unix)]
        return matches!(self, Self::Message(_));
        #[cfg(not(unix))]
        return false;
    }

    #[cfg(unix)]
    pub(crate) fn signal(self) -> rustix::process::Signal {
        use rustix::process::Signal;
        match self {
            Self::Interrupt => Signal::INT,
            Self::Quit => Signal::QUIT,
            Self::Terminate => Signal::TERM,
            Self::Hangup => Signal::HUP,
            Self::Message(signal) => signal,
        }
    }

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
            #[cfg(unix)]
            Self::Message(_) => false,
        }
    }
}

/// The signals that we get. From when they are listened for, none ends us
/// before we have cleaned up.
pub(crate) struct Signals {
    #[cfg(unix)]
    listeners: Vec<(Request, Signal)>,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn listen() -> std::io::Result<Self> {
        let mut wanted = Request::ENDS.to_vec();
        wanted.extend(MESSAGES.map(Request::Message));
        // At a terminal Ctrl-Z stops us beside the command, as it should.
        if !std::io::stdin().is_terminal() {
            wanted.push(Request::Message(rustix::process::Signal::TSTP));
        }
        let listeners = wanted.into_iter().map(|request| {
            let kind = SignalKind::from_raw(request.signal().as_raw());
            Ok((request, signal(kind)?))
        });
        Ok(Self {
            listeners: listeners.collect::<std::io::Result<_>>()?,
        })
    }

    /// The next one. Dropping the future loses none.
    pub(crate) async fn next(&mut self) -> Request {
        std::future::poll_fn(|context| {
            for (request, listener) in &mut self.listeners {
                if listener.poll_recv(context).is_ready() {
                    return Poll::Ready(*request);
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// What means something to the command, and nothing to us: a signal that
/// nobody listens for would end us, or be lost.
#[cfg(unix)]
const MESSAGES: [rustix::process::Signal; 5] = {
    use rustix::process::Signal;
    [
        Signal::USR1,
        Signal::USR2,
        Signal::WINCH,
        Signal::CONT,
        Signal::ALARM,
    ]
};

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
