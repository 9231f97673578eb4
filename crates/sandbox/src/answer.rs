use std::fmt;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

/// A complete HTTP response.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// A response without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// A JSON document.
    pub(crate) fn json(status: StatusCode, document: &Value) -> Self {
        Self::text(status, "application/json", document.to_string())
    }

    /// Text of any content type.
    pub(crate) fn text(
        status: StatusCode,
        content_type: &'static str,
        text: impl Into<Bytes>,
    ) -> Self {
        let mut answer = Self::empty(status);
        answer
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        answer.body = text.into();
        answer
    }

    /// The same with a header; a value that no header can have is left out.
    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

/// The body may hold a secret.
impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Answer")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_status_alone() {
        let answer = Answer::json(StatusCode::OK, &serde_json::json!({"token": "canary"}));
        assert_eq!(format!("{answer:?}"), "Answer { status: 200, .. }");
    }

    #[test]
    fn a_header_cannot_be_split() {
        let answer = Answer::empty(StatusCode::FOUND).with_header("location", "a\r\nb: c");
        assert!(answer.headers.is_empty());
    }
}
