use std::fmt;
use std::net::SocketAddr;

/// Who sent a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Caller<'a> {
    /// The other end of the connection.
    pub peer: Peer,
    /// The label of the token that the caller showed; `None` where no token was
    /// asked for, where the broker judges it, and at the metadata service, whose
    /// tokens say nothing about who holds them.
    pub token_label: Option<&'a str>,
}

impl fmt::Display for Caller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.token_label {
            Some(label) => write!(f, "{} with token {label}", self.peer),
            None => self.peer.fmt(f),
        }
    }
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Peer {
    /// A TCP address.
    Tcp(SocketAddr),
    /// A process on a Unix socket, as the kernel knows it from the moment when
    /// it connected.
    Unix {
        /// Its effective user.
        uid: u32,
        /// Its effective group.
        gid: u32,
        /// Its process, where the system tells.
        pid: Option<i32>,
    },
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix {
                uid,
                pid: Some(pid),
                ..
            } => write!(f, "uid {uid} pid {pid}"),
            Self::Unix { uid, .. } => write!(f, "uid {uid}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_reads_as_an_audit_line_has_it() {
        let tcp = Peer::Tcp("[::1]:4711".parse().unwrap());
        let unix = |pid| Peer::Unix {
            uid: 1000,
            gid: 100,
            pid,
        };
        for (peer, token_label, expected) in [
            (tcp, None, "[::1]:4711"),
            (tcp, Some("billing"), "[::1]:4711 with token billing"),
            (unix(Some(42)), None, "uid 1000 pid 42"),
            (unix(None), Some("a"), "uid 1000 with token a"),
        ] {
            assert_eq!(Caller { peer, token_label }.to_string(), expected);
        }
    }
}
