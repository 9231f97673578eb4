use std::fmt;

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
