use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;

use super::activity::Activity;
use super::stream::{Stream, Transport};
use crate::listener::{HandshakeWatch, Socket};
use crate::{Counters, Doors, Listener, Peer};

/// All listeners of a server, each in its turn.
pub(super) struct Gates {
    listeners: Vec<Listener>,
    first: usize,
    hop_limit: Option<u8>,
    rest: Option<Pin<Box<Sleep>>>,
}

/// A connection that has just come.
pub(super) struct Accepted {
    raw: Raw,
    tls: Option<TlsAcceptor>,
    on_failed_handshake: Option<HandshakeWatch>,
    pub(super) peer: Peer,
    pub(super) local: Option<IpAddr>,
    pub(super) doors: Doors,
    pub(super) admitted: bool,
}

enum Raw {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

impl Gates {
    pub(super) fn new(listeners: Vec<Listener>, hop_limit: Option<u8>) -> Self {
        Self {
            listeners,
            first: 0,
            hop_limit,
            rest: None,
        }
    }

    /// The next connection. `None`: one could not be accepted because something
    /// has run out, and the next call waits a moment for it.
    pub(super) async fn accept(&mut self, counters: &Counters) -> Option<Accepted> {
        loop {
            if let Some(rest) = &mut self.rest {
                rest.await;
                self.rest = None;
            }
            let error = match poll_fn(|context| self.poll(context)).await {
                Ok(accepted) => return Some(accepted),
                Err(error) => error,
            };
            counters.accept_failures.fetch_add(1, Relaxed);
            tracing::debug!(%error, "could not accept a connection");
            if !is_of_one_connection(&error) {
                self.rest = Some(Box::pin(tokio::time::sleep(BREATH)));
                return None;
            }
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        let count = self.listeners.len();
        for step in 0..count {
            let index = (self.first + step) % count;
            if let Poll::Ready(accepted) = self.poll_one(index, context) {
                // A busy listener does not keep the others waiting.
                self.first = index + 1;
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    }

    fn poll_one(&self, index: usize, context: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        let listener = &self.listeners[index];
        match &listener.socket {
            Socket::Tcp(socket) => socket.poll_accept(context).map(|accepted| {
                let (stream, peer) = accepted?;
                Ok(self.over_tcp(listener, stream, peer))
            }),
            #[cfg(unix)]
            Socket::Unix(socket) => socket.poll_accept(context).map(|accepted| {
                let (stream, _) = accepted?;
                over_unix(listener, stream)
            }),
        }
    }

    fn over_tcp(&self, listener: &Listener, stream: TcpStream, peer: SocketAddr) -> Accepted {
        let local = stream.local_addr().ok().map(|address| address.ip());
        if let Err(error) = configure(&stream, local, self.hop_limit) {
            // It is gone already, or the system does not have the option.
            tracing::debug!(%peer, %error, "could not configure a connection");
        }
        Accepted {
            raw: Raw::Tcp(stream),
            local,
            tls: listener.tls.clone().map(TlsAcceptor::from),
            on_failed_handshake: listener.on_failed_handshake.clone(),
            peer: Peer::Tcp(peer),
            doors: listener.doors,
            admitted: true,
        }
    }
}

impl Accepted {
    /// Shakes hands, where TLS is spoken.
    pub(super) async fn open(self, activity: Arc<Activity>) -> io::Result<Stream> {
        let transport = match (self.raw, self.tls) {
            (Raw::Tcp(stream), Some(tls)) => {
                let accepted = tls.accept(stream).await;
                let stream = accepted.inspect_err(|error| {
                    if let Some(told) = &self.on_failed_handshake {
                        told(error);
                    }
                })?;
                Transport::Tls(Box::new(stream))
            }
            (Raw::Tcp(stream), None) => Transport::Tcp(stream),
            #[cfg(unix)]
            (Raw::Unix(stream), _) => Transport::Unix(stream),
        };
        Ok(Stream::new(transport, activity))
    }
}

#[cfg(unix)]
fn over_unix(listener: &Listener, stream: tokio::net::UnixStream) -> io::Result<Accepted> {
    let owner = stream.peer_cred().map_err(as_aborted)?;
    let uids = listener.allowed_uids.as_ref();
    Ok(Accepted {
        raw: Raw::Unix(stream),
        tls: None,
        on_failed_handshake: None,
        peer: Peer::Unix {
            uid: owner.uid(),
            gid: owner.gid(),
            pid: owner.pid(),
        },
        local: None,
        doors: listener.doors,
        admitted: uids.is_none_or(|uids| uids.contains(&owner.uid())),
    })
}

/// Nobody is served whom the kernel does not name; the next one may be.
#[cfg(unix)]
fn as_aborted(error: io::Error) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, error)
}

fn configure(stream: &TcpStream, local: Option<IpAddr>, hop_limit: Option<u8>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match (local, hop_limit) {
        (Some(IpAddr::V4(_)), Some(hop_limit)) => stream.set_ttl(u32::from(hop_limit)),
        (Some(IpAddr::V6(address)), Some(hop_limit)) => {
            // A socket of both families sends to an IPv4 peer by IPv4's own option.
            if address.to_ipv4_mapped().is_some() {
                stream.set_ttl(u32::from(hop_limit))?;
            }
            set_hops(stream, hop_limit)
        }
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn set_hops(stream: &TcpStream, hop_limit: u8) -> io::Result<()> {
    rustix::net::sockopt::set_ipv6_unicast_hops(stream, Some(hop_limit)).map_err(io::Error::from)
}

#[cfg(not(unix))]
fn set_hops(_: &TcpStream, _: u8) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    )
}

const BREATH: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn the_hop_limit_is_set_in_both_families() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(socket) = TcpListener::bind(address).await else {
                println!("SKIPPED: cannot bind {address} here");
                continue;
            };
            let address = socket.local_addr().unwrap();
            let connected = TcpStream::connect(address).await.unwrap();
            let (stream, _) = socket.accept().await.unwrap();
            for (limit, expected) in [(Some(3), 3), (None, 3), (Some(255), 255)] {
                configure(&stream, Some(address.ip()), limit).unwrap();
                assert_eq!(hops(&stream, address), expected, "{address} {limit:?}");
            }
            assert!(stream.nodelay().unwrap());
            drop(connected);
        }
    }

    #[cfg(unix)]
    fn hops(stream: &TcpStream, address: SocketAddr) -> u32 {
        match address {
            SocketAddr::V4(_) => stream.ttl().unwrap(),
            SocketAddr::V6(_) => {
                u32::from(rustix::net::sockopt::ipv6_unicast_hops(stream).unwrap())
            }
        }
    }

    #[cfg(not(unix))]
    fn hops(stream: &TcpStream, _: SocketAddr) -> u32 {
        stream.ttl().unwrap()
    }
}
