use std::fmt;
use std::time::SystemTime;

use destination::Response;
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

/// What AWS says where it refuses.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// The error code: `AccessDeniedException`, …
    pub code: String,
    /// The message, on one line.
    pub message: String,
    /// The id of the request, for AWS's support.
    pub request_id: Option<String>,
}

/// A known reason for a refusal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RefusalCause {
    /// No policy allows it, or one forbids it.
    Denied,
    /// The AWS credentials have expired.
    CredentialsExpired,
    /// AWS does not know the credentials, or their secret is another one.
    CredentialsUnknown,
    /// This machine's clock is off.
    ClockSkew,
    /// Too many requests.
    Throttled,
}

impl Refusal {
    /// Reads an error answer of the JSON protocols; `None` where the answer is
    /// not AWS's: a proxy's page, say.
    pub(crate) fn from_answer(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Self> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        let member = |names: [&str; 2]| names.iter().find_map(|name| document[*name].as_str());
        let code = header("x-amzn-errortype").or_else(|| member(["__type", "code"]))?;
        let message = member(["message", "Message"]).unwrap_or_default();
        Some(Self::new(status, code, message, header("x-amzn-requestid")))
    }

    /// Of what has been read already.
    pub(crate) fn new(
        status: StatusCode,
        code: &str,
        message: &str,
        request_id: Option<&str>,
    ) -> Self {
        // `com.amazon#Code:http://…` is `Code`.
        let code = code.split(':').next().unwrap_or_default();
        Self {
            status,
            code: one_line(code.rsplit('#').next().unwrap_or_default()),
            message: one_line(message),
            request_id: request_id.map(one_line),
        }
    }

    /// Whether the same request may be granted later.
    pub fn is_transient(&self) -> bool {
        self.cause() == Some(RefusalCause::Throttled)
            || self.status.is_server_error()
            || self.status == StatusCode::REQUEST_TIMEOUT
    }

    /// The known cause that the code tells.
    pub fn cause(&self) -> Option<RefusalCause> {
        Some(match self.code.as_str() {
            "ThrottlingException" | "Throttling" | "TooManyRequestsException" => {
                RefusalCause::Throttled
            }
            _ if self.status == StatusCode::TOO_MANY_REQUESTS => RefusalCause::Throttled,
            "AccessDeniedException" | "AccessDenied" => RefusalCause::Denied,
            "ExpiredTokenException" | "ExpiredToken" => RefusalCause::CredentialsExpired,
            "InvalidSignatureException" | "SignatureDoesNotMatch" if self.is_about_time() => {
                RefusalCause::ClockSkew
            }
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch" => RefusalCause::CredentialsUnknown,
            _ => return None,
        })
    }

    fn is_about_time(&self) -> bool {
        let message = self.message.to_lowercase();
        ["signature expired", "not yet current"]
            .iter()
            .any(|words| message.contains(words))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        write!(f, " (HTTP {}", self.status.as_u16())?;
        if let Some(id) = &self.request_id {
            write!(f, ", request id {id}")?;
        }
        f.write_str(")")
    }
}

/// Bounded, and without anything that could move a terminal's cursor.
pub(crate) fn one_line(text: &str) -> String {
    let printable = text
        .chars()
        .map(|it| if it.is_control() { ' ' } else { it });
    let printable: String = printable.take(1000).collect();
    printable.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// When an answer was sent, by the clock of who sent it.
pub(crate) fn date(answer: &Response) -> Option<SystemTime> {
    let date = answer.headers.get(header::DATE)?;
    parse_date(date.to_str().ok()?)
}

/// [RFC 9110, section 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7)
pub(crate) fn parse_date(text: &str) -> Option<SystemTime> {
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(date.timestamp().into())
}

/// The media type of an answer, for an error about whose answer it is.
pub(crate) fn content_type(answer: &Response) -> String {
    let value = answer.headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    value.map_or_else(|| "no content type".to_owned(), one_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> Option<Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert("x-amzn-requestid", "req-1".parse().unwrap());
        let status = StatusCode::from_u16(status).unwrap();
        Refusal::from_answer(status, &headers, body.as_bytes())
    }

    #[test]
    fn code_and_message_are_read_and_cleaned() {
        let body =
            r#"{"__type":"com.amazonaws#AccessDeniedException:http://x/","message":"n\u001bo"}"#;
        assert_eq!(
            refusal(400, body).unwrap().to_string(),
            "AccessDeniedException: n o (HTTP 400, request id req-1)"
        );
        assert_eq!(refusal(403, "<html>Blocked</html>"), None);
        assert_eq!(refusal(403, "{}"), None);
    }

    #[test]
    fn a_date_is_that_of_http() {
        let at = parse_date("Thu, 26 Nov 2026 03:00:00 GMT").unwrap();
        let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(since.as_secs(), 1_795_662_000);
        assert_eq!(parse_date("soon"), None);
    }

    #[test]
    fn codes_tell_their_cause() {
        for (status, code, message, cause, transient) in [
            (
                400,
                "AccessDeniedException",
                "",
                Some(RefusalCause::Denied),
                false,
            ),
            (
                400,
                "ExpiredTokenException",
                "",
                Some(RefusalCause::CredentialsExpired),
                false,
            ),
            (
                400,
                "UnrecognizedClientException",
                "",
                Some(RefusalCause::CredentialsUnknown),
                false,
            ),
            (
                400,
                "InvalidSignatureException",
                "",
                Some(RefusalCause::CredentialsUnknown),
                false,
            ),
            (
                400,
                "InvalidSignatureException",
                "Signature expired: 20261121T000000Z is now earlier than",
                Some(RefusalCause::ClockSkew),
                false,
            ),
            (
                400,
                "ThrottlingException",
                "Rate exceeded",
                Some(RefusalCause::Throttled),
                true,
            ),
            (429, "X", "", Some(RefusalCause::Throttled), true),
            (500, "ServerException", "", None, true),
            (400, "InvalidParameterException", "", None, false),
        ] {
            let body = format!(r#"{{"__type":"{code}","message":"{message}"}}"#);
            let refusal = refusal(status, &body).unwrap();
            assert_eq!(refusal.cause(), cause, "{code} {message}");
            assert_eq!(refusal.is_transient(), transient, "{code} {message}");
        }
    }
}
