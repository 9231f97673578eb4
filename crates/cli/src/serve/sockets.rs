use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use credential_server::{Doors, Listener};
use refresh::FaultKind;
use rustls::ServerConfig;

use super::{Access, Layout};
use crate::explanation::machine;
use crate::failure::Failure;

mod bind;
mod pool;
#[cfg(unix)]
mod stream;
mod tcp;
#[cfg(unix)]
mod unix;

pub(crate) use pool::Pool;
use tcp::TcpSocket;
#[cfg(unix)]
use unix::UnixSocket;

/// Sockets that are bound, and what is served on each.
pub(crate) struct Sockets {
    tcp: Vec<(Arc<TcpSocket>, Doors)>,
    #[cfg(unix)]
    unix: Vec<Arc<UnixSocket>>,
    tls: Option<Arc<ServerConfig>>,
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no such sockets"))]
    doors_of_unix: Doors,
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no such sockets"))]
    allowed_uids: Option<Vec<u32>>,
}

impl Sockets {
    /// Any free port of this machine, for a single child.
    pub(crate) fn of_child() -> Result<Self, Failure> {
        let access = Access::of_child();
        let mut sockets = Self::none(Layout::of_child(access));
        let address: SocketAddr = ([127, 0, 0, 1], 0).into();
        let socket = TcpSocket::bind(address, false)?;
        sockets.tcp.push((Arc::new(socket), access.at(address)?));
        Ok(sockets)
    }

    fn none(layout: Layout) -> Self {
        Self {
            tcp: Vec::new(),
            #[cfg(unix)]
            unix: Vec::new(),
            tls: layout.tls,
            doors_of_unix: layout.access.on_unix_socket(),
            allowed_uids: layout.allowed_uids,
        }
    }

    /// The addresses, as they are bound.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        let addresses = self.tcp.iter().map(|(socket, _)| socket.address());
        addresses.flatten().collect()
    }

    /// The paths of the Unix sockets.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        #[cfg(unix)]
        let paths = self.unix.iter().filter_map(|socket| socket.path());
        #[cfg(not(unix))]
        let paths = std::iter::empty();
        paths.collect()
    }

    pub(crate) fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// The same sockets once more, for a server.
    pub(super) fn listeners(&self) -> Result<Vec<Listener>, Failure> {
        let mut listeners = Vec::new();
        for (socket, doors) in &self.tcp {
            let listener = Listener::tcp(socket.listener()?, *doors);
            let is_local = socket
                .address()
                .is_some_and(|it| it.ip().to_canonical().is_loopback());
            listeners.push(match &self.tls {
                Some(tls) if !is_local => listener.with_tls(Arc::clone(tls)),
                _ => listener,
            });
        }
        #[cfg(unix)]
        for socket in &self.unix {
            let uids = self.allowed_uids.clone().unwrap_or_else(unix::own_uids);
            let listener = Listener::unix(socket.listener()?, self.doors_of_unix);
            listeners.push(listener.with_allowed_uids(uids));
        }
        Ok(listeners)
    }
}

/// What is said where a place cannot be listened on.
pub(crate) fn unbound(place: &str, error: &std::io::Error) -> Failure {
    use std::io::ErrorKind::{AddrNotAvailable, Unsupported};
    let message = format!("cannot listen on {place}: {error}");
    let is_absent = matches!(error.kind(), AddrNotAvailable | Unsupported)
        || error.raw_os_error() == NO_SUCH_FAMILY;
    let code = if is_absent { ABSENT } else { "listen.failed" };
    Failure::new(code, FaultKind::Configuration, message).with_hint(machine::ADDRESS.fix)
}

fn is_absent(failure: &Failure) -> bool {
    failure.code() == ABSENT
}

const ABSENT: &str = "listen.no-such-address";
/// EAFNOSUPPORT: a kernel without IPv6.
#[cfg(unix)]
const NO_SUCH_FAMILY: Option<i32> = Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error());
#[cfg(not(unix))]
const NO_SUCH_FAMILY: Option<i32> = None;
