use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;

/// All listeners, each in its turn.
pub(super) struct Gate<'a> {
    listeners: &'a [TcpListener],
    first: usize,
    /// Kept here, so that nobody is accepted before it is over, and nothing else
    /// waits for it.
    rest: Option<Pin<Box<Sleep>>>,
}

impl<'a> Gate<'a> {
    pub(super) fn new(listeners: &'a [TcpListener]) -> Self {
        Self {
            listeners,
            first: 0,
            rest: None,
        }
    }

    /// The next one who comes, and from where.
    pub(super) async fn next(&mut self) -> (TcpStream, IpAddr) {
        loop {
            if let Some(rest) = &mut self.rest {
                rest.await;
                self.rest = None;
            }
            match poll_fn(|context| self.poll(context)).await {
                Ok(accepted) => return accepted,
                Err(error) => self.heed(&error),
            }
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<(TcpStream, IpAddr)>> {
        let count = self.listeners.len();
        for step in 0..count {
            let index = (self.first + step) % count;
            if let Poll::Ready(accepted) = self.listeners[index].poll_accept(context) {
                self.first = index + 1;
                let accepted = accepted.map(|(stream, peer)| (stream, peer.ip().to_canonical()));
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    }

    /// Out of file descriptors, say: it is of no use to ask again at once. Who
    /// was gone before he was accepted is his own matter.
    fn heed(&mut self, error: &io::Error) {
        tracing::debug!(%error, "could not accept a connection");
        let gone = [
            io::ErrorKind::ConnectionAborted,
            io::ErrorKind::ConnectionReset,
        ];
        if !gone.contains(&error.kind()) {
            self.rest = Some(Box::pin(tokio::time::sleep(BREATH)));
        }
    }
}

const BREATH: Duration = Duration::from_millis(100);
