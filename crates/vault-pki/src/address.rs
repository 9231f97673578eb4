use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use http::Uri;
use url::Url;

use crate::InvalidSetting;

/// Where Vault is: a URL, with a path before `/v1` where a proxy wants one, or
/// a Unix socket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Address {
    /// Without a slash at its end.
    base: String,
    host: String,
    unix_socket: Option<PathBuf>,
}

impl Address {
    /// The address of a call: `path` stands after `/v1/`, percent-encoded.
    pub(crate) fn uri(&self, path: &str) -> Result<Uri, InvalidSetting> {
        let uri = format!("{}/v1/{path}", self.base);
        uri.parse().map_err(|_| invalid("it is too long"))
    }

    /// The path before `/v1`; empty where there is none.
    pub(crate) fn prefix(&self) -> &str {
        let (_, rest) = self.base.split_once("://").unwrap_or_default();
        rest.find('/').map_or("", |start| &rest[start..])
    }

    /// The host as it stands in the address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether what is sent can be read on the way: plain HTTP, and not over a
    /// Unix socket.
    pub fn is_plain_text(&self) -> bool {
        self.unix_socket.is_none() && self.base.starts_with("http:")
    }

    /// Whether plain HTTP leaves this machine, so that others may read it.
    /// `localhost` is this machine (RFC 6761, section 6.3).
    pub(crate) fn is_readable_by_others(&self) -> bool {
        let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
        let is_local =
            self.host.eq_ignore_ascii_case("localhost") || self.host.parse().is_ok_and(is_loopback);
        self.is_plain_text() && !is_local
    }

    /// The socket, where the address is one.
    pub fn unix_socket(&self) -> Option<&Path> {
        self.unix_socket.as_deref()
    }
}

/// Vault's own: HTTPS on this machine.
impl Default for Address {
    fn default() -> Self {
        Self {
            base: "https://127.0.0.1:8200".to_owned(),
            host: "127.0.0.1".to_owned(),
            unix_socket: None,
        }
    }
}

impl FromStr for Address {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix("unix://") {
            return unix(path);
        }
        if !text.starts_with("http://") && !text.starts_with("https://") {
            return Err(invalid(
                "it must begin with https://, http:// or unix:///, such as https://vault.example:8200",
            ));
        }
        http(&Url::parse(text).map_err(|_| invalid("it is not a valid URL"))?)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unix_socket {
            Some(path) => write!(f, "unix://{}", path.display()),
            None => f.write_str(&self.base),
        }
    }
}

fn http(url: &Url) -> Result<Address, InvalidSetting> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("it must not hold a user or a password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("it must not have a query or a fragment"));
    }
    let host = url.host_str().ok_or_else(|| invalid("it has no host"))?;
    let base = url.as_str().trim_end_matches('/');
    let base = base.strip_suffix("/v1").unwrap_or(base);
    Ok(Address {
        base: base.to_owned(),
        host: host.trim_matches(['[', ']']).to_owned(),
        unix_socket: None,
    })
}

fn unix(path: &str) -> Result<Address, InvalidSetting> {
    if !path.starts_with('/') {
        return Err(invalid("a Unix socket is given as unix:///absolute/path"));
    }
    Ok(Address {
        base: "http://localhost".to_owned(),
        host: "localhost".to_owned(),
        unix_socket: Some(path.into()),
    })
}

/// Never repeats the address: it may hold a password.
fn invalid(reason: &'static str) -> InvalidSetting {
    InvalidSetting::new("the address of Vault", reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_prefix_stands_before_v1_with_one_slash() {
        for (address, expected) in [
            ("https://vault:8200", "https://vault:8200/v1/sys/health"),
            ("https://vault:8200/", "https://vault:8200/v1/sys/health"),
            (" https://vault ", "https://vault/v1/sys/health"),
            ("https://vault/v1/", "https://vault/v1/sys/health"),
            ("https://gate/secrets", "https://gate/secrets/v1/sys/health"),
            (
                "https://gate/secrets//",
                "https://gate/secrets/v1/sys/health",
            ),
            ("http://[::1]:8200", "http://[::1]:8200/v1/sys/health"),
            ("unix:///run/agent.sock", "http://localhost/v1/sys/health"),
        ] {
            let address: Address = address.parse().unwrap();
            assert_eq!(address.uri("sys/health").unwrap().to_string(), expected);
        }
    }

    #[test]
    fn the_prefix_is_what_stands_before_v1() {
        for (address, expected) in [
            ("https://vault:8200", ""),
            ("https://gate/secrets/", "/secrets"),
            ("https://gate/a/b/v1", "/a/b"),
            ("unix:///run/agent.sock", ""),
        ] {
            let parsed: Address = address.parse().unwrap();
            assert_eq!(parsed.prefix(), expected, "{address}");
        }
    }

    #[test]
    fn the_default_is_https_on_loopback() {
        let default = Address::default();
        assert_eq!(default, "https://127.0.0.1:8200".parse().unwrap());
        assert!(!default.is_plain_text());
        assert!("http://vault".parse::<Address>().unwrap().is_plain_text());
        assert!(!"unix:///a".parse::<Address>().unwrap().is_plain_text());
    }

    #[test]
    fn plain_http_to_ourselves_is_read_by_nobody_else() {
        for (address, expected) in [
            ("http://vault:8200", true),
            ("http://192.0.2.1:8200", true),
            ("http://localhost.example:8200", true),
            ("http://127.0.0.1:8200", false),
            ("http://127.1.2.3", false),
            ("http://[::1]:8200", false),
            ("http://localhost:8200", false),
            ("https://vault:8200", false),
            ("unix:///run/agent.sock", false),
        ] {
            let parsed: Address = address.parse().unwrap();
            assert_eq!(parsed.is_readable_by_others(), expected, "{address}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for (text, reason) in [
            ("", "must begin with"),
            ("vault.example:8200", "must begin with"),
            ("ftp://vault", "must begin with"),
            ("unix://relative", "absolute"),
            ("https://", "not a valid URL"),
            ("https://user:hunter2@vault", "user or a password"),
            ("https://vault?token=hunter2", "query"),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
