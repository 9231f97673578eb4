use std::path::PathBuf;
use std::time::Duration;

use http::Uri;

use crate::{ClientIdentity, Proxy, Roots};

/// Whether the peer's certificate is checked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Verification {
    /// Chain, validity and name are checked.
    #[default]
    Full,
    /// Nothing is checked: whoever is on the wire can read and answer
    /// everything. For laboratories.
    DangerousNone,
}

/// A host whose certificate bears another name than its address.
///
/// A request through a proxy asks the proxy for that name, too.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerName {
    /// The host as it stands in the address: a name or an IP address, without
    /// brackets. Requests to other hosts are not concerned.
    pub host: String,
    /// The name to ask for (SNI) and to verify.
    pub name: String,
}

/// How one peer is reached, and whom we take it for.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The certificate authorities that may vouch for the peer.
    pub roots: Roots,
    /// The certificate that we show the peer, where it asks for one.
    pub client_identity: Option<ClientIdentity>,
    /// The name to ask for and to verify, where it is not the address's.
    pub server_name: Option<ServerName>,
    /// Whether the peer's certificate is checked.
    pub verification: Verification,
    /// The proxy between us and the peer. Loopback is always reached directly.
    pub proxy: Option<Proxy>,
    /// Connect to this Unix socket, whatever the address says.
    pub unix_socket: Option<PathBuf>,
    /// How long name resolution, connection and TLS handshake may take together.
    pub connect_timeout: Duration,
    /// How long one request may take, from the first to the last byte.
    pub timeout: Duration,
    /// The `User-Agent` header.
    pub user_agent: String,
}

impl Destination {
    /// How errors name the peer at `uri`: never with its path.
    pub(crate) fn peer(&self, uri: &Uri) -> String {
        match &self.unix_socket {
            // The host in the address says nothing about where we connect to.
            Some(path) if cfg!(unix) => format!("unix://{}", path.display()),
            _ => uri.host().unwrap_or_default().to_owned(),
        }
    }
}

impl Default for Destination {
    fn default() -> Self {
        Self {
            roots: Roots::System,
            client_identity: None,
            server_name: None,
            verification: Verification::Full,
            proxy: None,
            unix_socket: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_mins(1),
            user_agent: concat!("iamra/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}
