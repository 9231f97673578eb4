//! What is refused whoever asks for it, before any route is looked at.

use std::net::IpAddr;

use http::header::{
    CONTENT_LENGTH, COOKIE, FORWARDED, HOST, HeaderName, ORIGIN, REFERER, TRANSFER_ENCODING, VIA,
};
use http::{HeaderMap, Request};

use crate::HostName;
use crate::host::HostHeader;

/// Why a request goes no further.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Offence {
    /// Two parsers might read it in two ways, or no SDK would send it.
    Shape(&'static str),
    /// It was sent to a name that is not ours: DNS rebinding.
    ForeignHost,
    /// A proxy passed it on: someone beyond our sight asks.
    Forwarded,
}

/// Checks a request that came to the address `local`.
pub(crate) fn check<T>(
    request: &Request<T>,
    local: Option<IpAddr>,
    allowed: &[HostName],
) -> Result<(), Offence> {
    let headers = request.headers();
    if request.uri().scheme().is_some() || request.uri().authority().is_some() {
        return Err(Offence::Shape("the target must be a path"));
    }
    check_shape(request)?;
    let host = only(headers, &HOST).ok_or(Offence::Shape("one Host is needed"))?;
    let host = HostHeader::parse(host).ok_or(Offence::Shape("Host is no host"))?;
    if !host.is_ours(local, allowed) {
        return Err(Offence::ForeignHost);
    }
    if has_any(headers, &FORWARDING) {
        return Err(Offence::Forwarded);
    }
    Ok(())
}

/// What holds in every manner: no body is read here, and what is not read would
/// be taken for the next request.
pub(crate) fn check_shape<T>(request: &Request<T>) -> Result<(), Offence> {
    let headers = request.headers();
    if headers.contains_key(TRANSFER_ENCODING) || has_body(headers) {
        return Err(Offence::Shape("no request here has a body"));
    }
    Ok(())
}

/// Whether a browser sent it, as far as headers that scripts cannot take away
/// tell: those of fetch metadata and CORS, and cookies.
pub(crate) fn looks_like_a_browser(headers: &HeaderMap) -> bool {
    has_any(headers, &BROWSER)
}

/// The value of a header that is there once, as text.
pub(crate) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.to_str().ok())?
}

fn has_body(headers: &HeaderMap) -> bool {
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    lengths.any(|length| length.as_bytes() != b"0")
}

fn has_any(headers: &HeaderMap, names: &[HeaderName]) -> bool {
    names.iter().any(|name| headers.contains_key(name))
}

const FORWARDING: [HeaderName; 3] = [HeaderName::from_static("x-forwarded-for"), FORWARDED, VIA];

const BROWSER: [HeaderName; 7] = [
    ORIGIN,
    REFERER,
    COOKIE,
    HeaderName::from_static("sec-fetch-site"),
    HeaderName::from_static("access-control-request-method"),
    HeaderName::from_static("access-control-request-headers"),
    HeaderName::from_static("access-control-request-private-network"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_sdk_sends_is_an_offence() {
        use Offence::{ForeignHost, Forwarded, Shape};
        let body = Err(Shape("no request here has a body"));
        let host = Err(Shape("one Host is needed"));
        let target = Err(Shape("the target must be a path"));
        for (uri, headers, expected) in [
            ("/creds", vec![("host", "localhost")], Ok(())),
            (
                "/creds",
                vec![("host", "localhost"), ("content-length", "0")],
                Ok(()),
            ),
            ("/creds", vec![], host),
            (
                "/creds",
                vec![("host", "localhost"), ("host", "localhost")],
                host,
            ),
            (
                "/creds",
                vec![("host", "a b")],
                Err(Shape("Host is no host")),
            ),
            ("/creds", vec![("host", "evil.example")], Err(ForeignHost)),
            (
                "http://localhost/creds",
                vec![("host", "localhost")],
                target,
            ),
            ("localhost:80", vec![("host", "localhost")], target),
            (
                "/",
                vec![("host", "localhost"), ("content-length", "1")],
                body,
            ),
            (
                "/",
                vec![("host", "localhost"), ("content-length", "00")],
                body,
            ),
            (
                "/",
                vec![("host", "localhost"), ("transfer-encoding", "x")],
                body,
            ),
            (
                "/",
                vec![("host", "localhost"), ("x-forwarded-for", "")],
                Err(Forwarded),
            ),
            (
                "/",
                vec![("host", "localhost"), ("forwarded", "for=a")],
                Err(Forwarded),
            ),
            (
                "/",
                vec![("host", "localhost"), ("via", "1.1 a")],
                Err(Forwarded),
            ),
        ] {
            let mut request = Request::builder().uri(uri);
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let request = request.body(()).unwrap();
            assert_eq!(check(&request, None, &[]), expected, "{uri} {headers:?}");
        }
    }
}
