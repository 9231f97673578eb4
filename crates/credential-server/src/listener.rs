use std::sync::Arc;
use std::{fmt, io};

use rustls::ServerConfig;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

/// A bound socket, and what is served on it.
///
/// Who may reach it is decided by whoever binds it; beyond loopback it should
/// have TLS and a token.
pub struct Listener {
    pub(crate) socket: Socket,
    pub(crate) doors: Doors,
    pub(crate) tls: Option<Arc<ServerConfig>>,
    pub(crate) on_failed_handshake: Option<HandshakeWatch>,
    pub(crate) allowed_uids: Option<Vec<u32>>,
}

/// Is told why a handshake has failed.
pub(crate) type HandshakeWatch = Arc<dyn Fn(&io::Error) + Send + Sync>;

impl Listener {
    /// Serves over TCP, IPv4 or IPv6.
    pub fn tcp(socket: TcpListener, doors: Doors) -> Self {
        Self::new(Socket::Tcp(socket), doors)
    }

    /// Serves on a Unix socket, to any process that may connect to it.
    #[cfg(unix)]
    pub fn unix(socket: UnixListener, doors: Doors) -> Self {
        Self::new(Socket::Unix(socket), doors)
    }

    /// Speaks TLS. The certificate may change while serving, by the
    /// configuration's resolver. Has no effect on a Unix socket.
    #[must_use]
    pub fn with_tls(mut self, configuration: Arc<ServerConfig>) -> Self {
        self.tls = Some(configuration);
        self
    }

    /// Has somebody told why a TLS handshake has failed: callers who do not know
    /// the certificate's CA, say, may be helped by another one.
    #[must_use]
    pub fn on_failed_handshake(
        mut self,
        told: impl Fn(&io::Error) + Send + Sync + 'static,
    ) -> Self {
        self.on_failed_handshake = Some(Arc::new(told));
        self
    }

    /// Serves only processes of these users; has an effect on Unix sockets only.
    #[must_use]
    pub fn with_allowed_uids(mut self, uids: impl IntoIterator<Item = u32>) -> Self {
        self.allowed_uids = Some(uids.into_iter().collect());
        self
    }

    fn new(socket: Socket, doors: Doors) -> Self {
        Self {
            socket,
            doors,
            tls: None,
            on_failed_handshake: None,
            allowed_uids: None,
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("socket", &self.socket)
            .field("doors", &self.doors)
            .field("tls", &self.tls.is_some())
            .field("allowed_uids", &self.allowed_uids)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener),
}

/// What is served on a listener.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Doors {
    /// The instance metadata service.
    pub imds: bool,
    /// The container credentials paths.
    pub container: ContainerAccess,
}

impl Doors {
    /// Both, the containers with their tokens.
    pub const ALL: Self = Self {
        imds: true,
        container: ContainerAccess::WithToken,
    };
    /// The metadata service alone.
    pub const IMDS: Self = Self {
        imds: true,
        container: ContainerAccess::Closed,
    };
    /// The container credentials alone, with their tokens.
    pub const CONTAINER: Self = Self {
        imds: false,
        container: ContainerAccess::WithToken,
    };
}

/// Whether, and how, a listener serves container credentials.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ContainerAccess {
    /// Not at all: 404.
    Closed,
    /// To whoever shows the route's token.
    WithToken,
    /// To anyone who reaches the listener, but nothing that a browser sends.
    Open,
}
