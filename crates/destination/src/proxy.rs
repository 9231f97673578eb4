use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

use crate::Error;

/// Never through a proxy: a proxy cannot reach our loopback.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// The proxies for one destination, and the hosts that are reached without one.
///
/// A URL may carry a user and a password and is therefore a secret. The list of
/// exceptions is that of `NO_PROXY`: names (with their subdomains), addresses,
/// CIDR blocks, `*`.
#[derive(Clone, Default)]
pub struct Proxy {
    /// For `http` addresses.
    pub http: Option<SecretString>,
    /// For `https` addresses, by `CONNECT`.
    pub https: Option<SecretString>,
    /// Hosts that are reached directly.
    pub no_proxy: String,
}

impl Proxy {
    /// One proxy for everything.
    pub fn all(url: SecretString) -> Self {
        Self {
            http: Some(url.clone()),
            https: Some(url),
            no_proxy: String::new(),
        }
    }

    pub(crate) fn rules(&self) -> Result<Vec<reqwest::Proxy>, Error> {
        let exceptions = format!("{LOOPBACK},{}", self.no_proxy);
        let rule = |url: &SecretString, make: fn(&str) -> reqwest::Result<reqwest::Proxy>| {
            make(url.expose_secret())
                .map(|proxy| proxy.no_proxy(reqwest::NoProxy::from_string(&exceptions)))
                .map_err(|_| Error::InvalidProxy)
        };
        let http = self
            .http
            .iter()
            .map(|url| rule(url, |url| reqwest::Proxy::http(url)));
        let https = self
            .https
            .iter()
            .map(|url| rule(url, |url| reqwest::Proxy::https(url)));
        http.chain(https).collect()
    }
}

/// Never shows a URL: it may hold a password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("http", &self.http.is_some())
            .field("https", &self.https.is_some())
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_password() {
        let proxy = Proxy::all("http://user:hunter2@proxy.example:3128".into());
        assert_eq!(
            format!("{proxy:?}"),
            r#"Proxy { http: true, https: true, no_proxy: "" }"#
        );
    }

    #[test]
    fn a_url_that_is_none_is_refused() {
        let error = Proxy::all("http://[".into()).rules().unwrap_err();
        assert!(matches!(error, Error::InvalidProxy), "{error:?}");
    }
}
