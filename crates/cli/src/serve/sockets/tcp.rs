use std::net::{SocketAddr, TcpListener};

use super::unbound;
use crate::failure::Failure;

/// A TCP socket that listens.
#[derive(Debug)]
pub(super) struct TcpSocket {
    listener: TcpListener,
    /// What was asked for: its port may be 0.
    asked: SocketAddr,
    pub(super) is_handed: bool,
}

impl TcpSocket {
    /// Listens at an address. `is_v6_only`: another socket has the same port of
    /// IPv4.
    pub(super) fn bind(address: SocketAddr, is_v6_only: bool) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| unbound(&address.to_string(), &error);
        let listener = if is_v6_only {
            bind_v6_only(address)
        } else {
            TcpListener::bind(address)
        };
        Self::of(listener.map_err(failed)?, address, false).map_err(failed)
    }

    /// Listens at an address where another one was asked for.
    pub(super) fn bind_as(asked: SocketAddr, address: SocketAddr) -> Result<Self, Failure> {
        Ok(Self {
            asked,
            ..Self::bind(address, false)?
        })
    }

    /// One that systemd has bound.
    #[cfg(unix)]
    pub(super) fn handed(listener: TcpListener) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        Self::of(listener, address, true)
    }

    fn of(listener: TcpListener, asked: SocketAddr, is_handed: bool) -> std::io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener,
            asked,
            is_handed,
        })
    }

    pub(super) fn is_asked(&self, address: SocketAddr) -> bool {
        self.asked == address
    }

    /// Where it is.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// The same socket once more, for a server.
    pub(super) fn listener(&self) -> std::io::Result<tokio::net::TcpListener> {
        tokio::net::TcpListener::from_std(self.listener.try_clone()?)
    }
}

#[cfg(unix)]
fn bind_v6_only(address: SocketAddr) -> std::io::Result<TcpListener> {
    use rustix::net::{AddressFamily, bind, listen, sockopt};
    let socket = super::stream::stream(AddressFamily::INET6)?;
    sockopt::set_ipv6_v6only(&socket, true)?;
    // As the standard library does it.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &address)?;
    listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

/// There, a socket of IPv6 is of IPv6 only anyway.
#[cfg(not(unix))]
fn bind_v6_only(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address)
}

/// As the standard library's.
#[cfg(unix)]
const BACKLOG: i32 = 128;
