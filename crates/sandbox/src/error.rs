use std::io;
use std::net::SocketAddr;

use refresh::{Fault, FaultKind};

/// Why a sandbox, or what belongs to it, could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An address could not be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The loopback address, with port 0 for any.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },

    /// A certificate or key of the sandbox's own could not be made.
    #[error("cannot make the sandbox's {what}")]
    Authority {
        /// What was being made.
        what: &'static str,
        /// What the library said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// A token was asked for a pod that is not there.
    #[error("there is no pod {name} in the namespace {namespace}")]
    NoSuchPod {
        /// The namespace.
        namespace: String,
        /// The pod's name.
        name: String,
    },

    /// The system's random number generator failed.
    #[error("cannot get random numbers")]
    Random,
}

impl Error {
    pub(crate) fn authority<E>(what: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |source| Self::Authority {
            what,
            source: source.into(),
        }
    }
}

impl Fault for Error {
    fn fault(&self) -> FaultKind {
        match self {
            Self::Listen { .. } => FaultKind::Unavailable,
            Self::Authority { .. } | Self::NoSuchPod { .. } | Self::Random => FaultKind::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_may_be_free_later_and_says_which() {
        let error = Error::Listen {
            address: ([127, 0, 0, 1], 8200).into(),
            source: io::ErrorKind::AddrInUse.into(),
        };
        assert_eq!(error.fault(), FaultKind::Unavailable);
        assert_eq!(error.to_string(), "cannot listen on 127.0.0.1:8200");
    }
}
