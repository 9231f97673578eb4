use std::time::Duration;

use crate::{ContainerRoute, Error, HostName};

/// What a server answers to, and how much it bears.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The container credentials paths.
    pub routes: Vec<ContainerRoute>,
    /// Names that a request's `Host` may have, beyond loopback's, the metadata
    /// services' addresses, and the address that the caller connected to.
    pub allowed_hosts: Vec<HostName>,
    /// The IP time-to-live of what is sent over TCP, the metadata service's "hop
    /// limit"; `None` leaves the system's. 64 by default.
    pub hop_limit: Option<u8>,
    /// By whose rules requests are judged.
    pub manner: Manner,
    /// What is borne.
    pub limits: Limits,
}

/// By whose rules requests are judged, and in whose words refused.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Manner {
    /// Ours: a `Host` that is not this server's, and whatever was forwarded, is
    /// refused; paths are the metadata service's and those of the routes.
    #[default]
    Strict,
    /// The EKS Pod Identity agent's. Only the routes are there, each to the
    /// letter, by any method, and [`Authorization::Delegated`](crate::Authorization::Delegated)
    /// to the broker whatever they say.
    PodIdentityAgent {
        /// What a `Host` may be, as text: usually `169.254.170.23` and
        /// `fd00:ec2::23`, port and brackets cut off. Where there is none, it is
        /// not looked at: for callers who are known by their certificates.
        hosts: Vec<String>,
    },
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            routes: Vec::new(),
            allowed_hosts: Vec::new(),
            hop_limit: Some(64),
            manner: Manner::default(),
            limits: Limits::default(),
        }
    }
}

/// What a server bears from its callers.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; at this number, the one that is idle longest is
    /// closed for the next. 512 by default: half of the usual soft limit of open
    /// files.
    pub most_connections: usize,
    /// How long the head of a request may take, a TLS handshake before it
    /// included. 5 s by default.
    pub head_timeout: Duration,
    /// How long a connection may be idle between two requests. 60 s by default.
    pub idle_timeout: Duration,
    /// How long the broker may take. 20 s by default.
    pub request_timeout: Duration,
}

impl Limits {
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (limit, zero) in [
            ("most_connections", self.most_connections == 0),
            ("head_timeout", self.head_timeout.is_zero()),
            ("idle_timeout", self.idle_timeout.is_zero()),
            ("request_timeout", self.request_timeout.is_zero()),
        ] {
            if zero {
                return Err(Error::Limit { limit });
            }
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            most_connections: 512,
            head_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(60),
            request_timeout: Duration::from_secs(20),
        }
    }
}
