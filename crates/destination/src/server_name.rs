use std::net::SocketAddr;

use bytes::Bytes;
use http::uri::{Authority, Parts};
use http::{HeaderValue, Request, Uri, header};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{Error, ServerName};

impl ServerName {
    /// Sends an `https` request for our host to our name instead. The resolver
    /// knows where that is, and the `Host` header stays the address's.
    pub(crate) fn apply(&self, mut request: Request<Bytes>) -> Result<Request<Bytes>, Error> {
        let uri = request.uri();
        let Some(authority) = uri
            .authority()
            .filter(|_| uri.scheme_str() == Some("https"))
        else {
            return Ok(request);
        };
        if authority.host().trim_matches(['[', ']']) != self.host {
            return Ok(request);
        }
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| self.invalid())?;
        let renamed = self.rename(uri).ok_or_else(|| self.invalid())?;
        request.headers_mut().entry(header::HOST).or_insert(host);
        *request.uri_mut() = renamed;
        Ok(request)
    }

    fn rename(&self, uri: &Uri) -> Option<Uri> {
        let authority = match uri.port() {
            Some(port) => format!("{}:{port}", self.name),
            None => self.name.clone(),
        };
        let mut parts = Parts::from(uri.clone());
        parts.authority = Some(Authority::try_from(authority).ok()?);
        Uri::from_parts(parts).ok()
    }

    fn invalid(&self) -> Error {
        Error::InvalidSettings {
            reason: format!("{:?} is not a valid server name", self.name),
        }
    }

    pub(crate) fn into_resolver(self) -> Resolver {
        Resolver(self)
    }
}

/// Resolves as the operating system does, but our name as our host.
#[derive(Debug)]
pub(crate) struct Resolver(ServerName);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = if name.as_str() == self.0.name {
            self.0.host.clone()
        } else {
            name.as_str().to_owned()
        };
        Box::pin(async move {
            // Port 0: reqwest puts the address's in its place.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(uri: &str) -> (String, Option<String>) {
        let server_name = ServerName {
            host: "10.0.0.1".to_owned(),
            name: "vault.example".to_owned(),
        };
        let request = Request::get(uri).body(Bytes::new()).unwrap();
        let request = server_name.apply(request).unwrap();
        let host = request.headers().get(header::HOST);
        (
            request.uri().to_string(),
            host.map(|host| host.to_str().unwrap().to_owned()),
        )
    }

    #[test]
    fn only_https_requests_to_the_host_are_renamed() {
        for (uri, expected, host) in [
            (
                "https://10.0.0.1:8200/v1/x?y",
                "https://vault.example:8200/v1/x?y",
                Some("10.0.0.1:8200"),
            ),
            (
                "https://10.0.0.1/",
                "https://vault.example/",
                Some("10.0.0.1"),
            ),
            ("http://10.0.0.1/", "http://10.0.0.1/", None),
            ("https://10.0.0.2/", "https://10.0.0.2/", None),
        ] {
            assert_eq!(
                applied(uri),
                (expected.to_owned(), host.map(str::to_owned)),
                "{uri}"
            );
        }
    }
}
