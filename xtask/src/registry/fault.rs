use std::error::Error;
use std::fmt;

use oci_client::errors::{OciDistributionError, OciEnvelope};

/// Why a layout or a registry did not do what it was asked: one line.
#[derive(Debug)]
pub(crate) struct Fault {
    sentence: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// The same call may succeed in a moment.
    Transient,
    /// What was asked for is not there.
    Absent,
    Final,
}

impl Fault {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            kind: Kind::Final,
        }
    }

    pub(super) fn transient(sentence: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            kind: Kind::Transient,
        }
    }

    /// What the client says of a call to this repository.
    pub(super) fn of(error: &OciDistributionError, repository: &str) -> Self {
        let (sentence, kind) = match Answer::of(error) {
            Some(answer) => answer.explained(repository),
            None => unanswered(error),
        };
        Self {
            sentence: format!("{repository}: {sentence}"),
            kind,
        }
    }

    pub(super) fn is_transient(&self) -> bool {
        self.kind == Kind::Transient
    }

    pub(super) fn is_absent(&self) -> bool {
        self.kind == Kind::Absent
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

/// A refusal, as far as the client tells it.
#[derive(Default)]
struct Answer {
    /// Unknown where the client keeps the registry's code only.
    status: Option<u16>,
    code: String,
    message: String,
}

impl Answer {
    fn of(error: &OciDistributionError) -> Option<Self> {
        match error {
            OciDistributionError::UnauthorizedError { .. } => Some(Self::status(401, "")),
            OciDistributionError::AuthenticationFailure(text) => Some(Self::status(401, text)),
            OciDistributionError::RegistryError { envelope, .. } => {
                Some(Self::default().with(envelope))
            }
            OciDistributionError::ServerError { code, message, .. } => {
                Some(Self::status(*code, message))
            }
            OciDistributionError::RequestError(error) => {
                Some(Self::status(error.status()?.as_u16(), ""))
            }
            _ => None,
        }
    }

    fn status(status: u16, body: &str) -> Self {
        let answer = Self {
            status: Some(status),
            code: String::new(),
            message: one_line(body),
        };
        match serde_json::from_str::<OciEnvelope>(body) {
            Ok(envelope) => answer.with(&envelope),
            Err(_) => answer,
        }
    }

    fn with(self, envelope: &OciEnvelope) -> Self {
        let Some(error) = envelope.errors.first() else {
            return self;
        };
        let code = serde_json::to_value(&error.code).unwrap_or_default();
        let mut message = one_line(&error.message);
        // docker-registry says there what its disk said.
        if is_full(&error.detail.to_string()) {
            message += " (no space left)";
        }
        Self {
            code: code.as_str().unwrap_or_default().to_owned(),
            message,
            ..self
        }
    }

    /// What it means, and what to do.
    fn explained(&self, repository: &str) -> (String, Kind) {
        let (_, name) = repository.split_once('/').unwrap_or_default();
        let said = self.said();
        let status = self.status.unwrap_or_default();
        if status == 507 || status == 413 || is_full(&self.message) {
            return (format!("the registry is full: {said}"), Kind::Final);
        }
        match (status, &*self.code) {
            (401, _) | (_, "UNAUTHORIZED") => (
                format!("the login was refused: {said}; {LOGIN}"),
                Kind::Final,
            ),
            (403, _) | (_, "DENIED") => (format!("not allowed: {said}; {LOGIN}"), Kind::Final),
            (_, "NAME_UNKNOWN") => (
                format!(
                    "there is no such repository: {said}; in ECR `aws ecr create-repository --repository-name {name}` makes it"
                ),
                Kind::Absent,
            ),
            (_, "TAG_INVALID" | "ImageTagAlreadyExistsException") => (
                format!(
                    "the tag cannot be set, as tags of this repository do not move: {said}; choose another --tag"
                ),
                Kind::Final,
            ),
            (404, _) | (_, "MANIFEST_UNKNOWN" | "BLOB_UNKNOWN" | "NOT_FOUND") => {
                (format!("not there: {said}"), Kind::Absent)
            }
            (408 | 429 | 500..=599, _) | (_, "TOOMANYREQUESTS") => {
                (format!("the registry answers {said}"), Kind::Transient)
            }
            _ => (format!("the registry answers {said}"), Kind::Final),
        }
    }

    fn said(&self) -> String {
        let status = self.status.map(|status| status.to_string());
        let parts = [status.as_deref(), Some(&*self.code), Some(&*self.message)];
        let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(" ")
    }
}

/// No answer at all: the connection, or what the client makes of the call.
fn unanswered(error: &OciDistributionError) -> (String, Kind) {
    let OciDistributionError::RequestError(error) = error else {
        return (one_line(&error.to_string()), Kind::Final);
    };
    let cause = deepest(error);
    let what = if error.is_connect() {
        "the registry cannot be reached"
    } else {
        "the connection broke"
    };
    let cause_line = one_line(&cause.to_string());
    // Another attempt trusts the same authorities.
    if let Some(rustls::Error::InvalidCertificate(_)) = cause.downcast_ref() {
        let sentence = format!("{what}: {cause_line}; --registry-ca names who signs for it");
        return (sentence, Kind::Final);
    }
    (format!("{what}: {cause_line}"), Kind::Transient)
}

/// The cause of all causes. An error of the operating system's kind that wraps another
/// gives that one's cause as its own.
fn deepest<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let wrapped = error.downcast_ref::<std::io::Error>();
    if let Some(wrapped) = wrapped.and_then(std::io::Error::get_ref) {
        return deepest(wrapped);
    }
    error.source().map_or(error, deepest)
}

fn is_full(text: &str) -> bool {
    [
        "no space left",
        "ENOSPC",
        "quota exceeded",
        "QUOTA_EXCEEDED",
    ]
    .iter()
    .any(|words| text.contains(words))
}

/// What a stranger says, as part of our line.
fn one_line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words
        .chars()
        .filter(|char| !char.is_control())
        .take(300)
        .collect()
}

const LOGIN: &str =
    "log in by `iamra ecr token | cargo xtask … --password-stdin`, or by docker login";

#[cfg(test)]
mod tests {
    use super::*;

    fn server(code: u16, message: &str) -> OciDistributionError {
        OciDistributionError::ServerError {
            url: "https://registry.example/v2/".to_owned(),
            code,
            message: message.to_owned(),
        }
    }

    fn coded(status: u16, code: &str, message: &str) -> OciDistributionError {
        let body = serde_json::json!({"errors": [{"code": code, "message": message}]});
        server(status, &body.to_string())
    }

    #[test]
    fn a_refusal_is_one_line_that_says_what_to_do() {
        let disk = r#"{"errors":[{"code":"UNKNOWN","message":"unknown error","detail":{"Err":"no space left on device"}}]}"#;
        for (error, kind, words) in [
            (
                server(401, ""),
                Kind::Final,
                "the login was refused: 401; log in by `iamra ecr token",
            ),
            (
                coded(403, "DENIED", "Your authorization token has expired."),
                Kind::Final,
                "not allowed: 403 DENIED Your authorization",
            ),
            (
                coded(404, "NAME_UNKNOWN", "no"),
                Kind::Absent,
                "create-repository --repository-name team/iamra`",
            ),
            (
                coded(400, "TAG_INVALID", "the tag 'a' exists"),
                Kind::Final,
                "choose another --tag",
            ),
            (
                server(507, "full"),
                Kind::Final,
                "the registry is full: 507 full",
            ),
            (
                server(500, disk),
                Kind::Final,
                "the registry is full: 500 UNKNOWN unknown error (no space left)",
            ),
            (
                server(503, "<html>\nbusy\n</html>"),
                Kind::Transient,
                "answers 503 <html> busy </html>",
            ),
            (
                coded(429, "TOOMANYREQUESTS", "slow down"),
                Kind::Transient,
                "answers 429",
            ),
            (
                coded(404, "MANIFEST_UNKNOWN", "x"),
                Kind::Absent,
                "not there",
            ),
            (
                coded(400, "MANIFEST_INVALID", "x"),
                Kind::Final,
                "answers 400 MANIFEST_INVALID x",
            ),
        ] {
            let fault = Fault::of(&error, "registry.example/team/iamra");
            assert_eq!(fault.kind, kind, "{fault}");
            let text = fault.to_string();
            assert!(text.starts_with("registry.example/team/iamra: "), "{text}");
            assert!(text.contains(words), "{text}");
            assert!(!text.contains('\n'), "{text}");
        }
    }
}
