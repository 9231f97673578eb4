//! A proxy that leads whoever asks for any host to one address.

mod connection;
mod head;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::Error;
use connection::converse;

/// An HTTP proxy on loopback that understands `CONNECT` alone, and connects to
/// one fixed address whatever host it is asked for; clones are handles to the
/// same one.
///
/// With it a client uses the real names of registries, with real TLS, and is
/// answered by a sandbox: see [`Sandbox::tunnel`](crate::Sandbox::tunnel).
#[derive(Clone, Debug)]
pub struct Tunnel(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    socket: TcpListener,
    address: SocketAddr,
    to: SocketAddr,
    connected: Mutex<Vec<String>>,
}

impl Tunnel {
    /// Binds a free port of the loopback address that is of the same kind as
    /// `to`. Nobody is let through before [`Tunnel::serve`] is polled.
    ///
    /// Must be called inside the tokio runtime that will poll it.
    pub async fn bind(to: SocketAddr) -> Result<Self, Error> {
        let loopback: IpAddr = if to.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        };
        let address = SocketAddr::new(loopback, 0);
        let failed = |source| Error::Listen { address, source };
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self(Arc::new(Shared {
            socket,
            address,
            to,
            connected: Mutex::default(),
        })))
    }

    /// `http://127.0.0.1:PORT`, for `HTTPS_PROXY`.
    pub fn url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// The hosts that were asked for, each with its port, in order; of very many,
    /// only the first ones.
    pub fn connected(&self) -> Vec<String> {
        self.connections().clone()
    }

    /// Lets clients through until the future is dropped; whatever is still under
    /// way ends with it.
    pub fn serve(&self) -> impl Future<Output = ()> + Send + 'static {
        accept(self.clone())
    }

    fn note(&self, target: &str) {
        let mut connected = self.connections();
        if connected.len() < REMEMBERED {
            connected.push(target.to_owned());
        }
    }

    fn connections(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        let connected = self.0.connected.lock();
        connected.unwrap_or_else(PoisonError::into_inner)
    }
}

/// No more targets are remembered.
const REMEMBERED: usize = 4096;

/// Accepts for ever. Dropping the future drops the set of tasks, and that ends
/// them all.
async fn accept(tunnel: Tunnel) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = tunnel.0.socket.accept() => match accepted {
                Ok((stream, _)) => {
                    let tunnel = tunnel.clone();
                    connections.spawn(async move {
                        let note = |target: &str| tunnel.note(target);
                        if let Err(error) = converse(stream, tunnel.0.to, note).await {
                            tracing::debug!(%error, "a tunnel ended early");
                        }
                    });
                }
                // Out of file descriptors, say: let others finish first.
                Err(error) => {
                    tracing::debug!(%error, "could not accept a connection");
                    tokio::task::yield_now().await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
