use std::fmt;
use std::str::FromStr;

use aws_partition::{Endpoint, Region};
use url::Url;

/// The base URL of a service: scheme, host, and a path that requests continue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EndpointUrl(Url);

/// A text that cannot be the base URL of a service.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{text:?} is not an endpoint: {reason}")]
pub struct InvalidEndpoint {
    /// The text; what stands before an `@` is left out.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl EndpointUrl {
    /// The endpoint of `service` in `region`.
    pub fn of_service(
        variant: Endpoint,
        service: &str,
        region: &Region,
    ) -> Result<Self, InvalidEndpoint> {
        variant.url(service, region).parse()
    }

    /// The absolute URI of `path`, which begins with a slash.
    pub(crate) fn uri(&self, path: &str) -> String {
        format!("{}{path}", self.0.as_str().trim_end_matches('/'))
    }
}

impl FromStr for EndpointUrl {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |reason| InvalidEndpoint {
            text: text.rsplit('@').next().unwrap_or_default().to_owned(),
            reason,
        };
        let url = Url::parse(text.trim())
            .map_err(|_| invalid("it must be a URL such as https://host:port"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(invalid("it must begin with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("it must not hold a user or a password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("it must not hold a query or a fragment"));
        }
        Ok(Self(url))
    }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_continues_the_base() {
        for (base, uri) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/sessions"),
            ("https://host/", "https://host/sessions"),
            ("https://host/pre/", "https://host/pre/sessions"),
            (" https://[::1]:1 ", "https://[::1]:1/sessions"),
        ] {
            assert_eq!(base.parse::<EndpointUrl>().unwrap().uri("/sessions"), uri);
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused_without_a_password() {
        for text in [
            "",
            "127.0.0.1:8080",
            "host",
            "ftp://host",
            "unix:///run/x",
            "https://h/?q",
            "https://h/#f",
        ] {
            assert!(text.parse::<EndpointUrl>().is_err(), "{text}");
        }
        let error = "https://user:hunter2@host"
            .parse::<EndpointUrl>()
            .unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
