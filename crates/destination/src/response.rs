use std::fmt;
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use zeroize::Zeroizing;

/// The most that is read of a body: 1 MiB. Nothing that we ask for is larger.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// An answer, read to its end.
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body, which may hold secrets.
    pub body: Zeroizing<Vec<u8>>,
}

impl Response {
    /// How long the peer asks us to wait (`Retry-After`), where it says it in
    /// seconds. A date is left to who holds a clock.
    ///
    /// [RFC 9110, section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        seconds.trim().parse().ok().map(Duration::from_secs)
    }
}

/// Shows the length of the body, and of the headers nothing: a cookie or a
/// redirect may hold a secret.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_length", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_asked_for_in_seconds() {
        for (text, seconds) in [
            ("7", Some(7)),
            (" 120 ", Some(120)),
            ("-1", None),
            ("Thu, 26 Nov 2026 01:00:00 GMT", None),
        ] {
            let response = Response {
                status: StatusCode::TOO_MANY_REQUESTS,
                headers: [(RETRY_AFTER, text.parse().unwrap())].into_iter().collect(),
                body: Zeroizing::default(),
            };
            let found = response.retry_after();
            assert_eq!(found, seconds.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn debug_shows_no_body() {
        let response = Response {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Zeroizing::new(b"hunter2".to_vec()),
        };
        assert_eq!(
            format!("{response:?}"),
            "Response { status: 200, body_length: 7, .. }"
        );
    }
}
