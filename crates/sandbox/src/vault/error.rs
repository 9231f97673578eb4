use http::StatusCode;
use serde_json::json;

use crate::answer::Answer;

/// An answer of the form `{"errors": […]}`.
#[derive(Debug)]
pub(crate) struct VaultError {
    status: StatusCode,
    text: Option<String>,
    header: Option<(&'static str, &'static str)>,
}

impl VaultError {
    pub(crate) fn bad_request(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    /// What a login gives that is refused for a reason it tells.
    pub(crate) fn forbidden(text: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, text)
    }

    /// A missing, unknown or expired token, or a login that tells no reason.
    pub(crate) fn permission_denied() -> Self {
        Self::forbidden("permission denied")
    }

    /// A good token whose policies do not allow the path.
    pub(crate) fn policy_denied() -> Self {
        Self::forbidden(listed("permission denied"))
    }

    pub(crate) fn internal(text: &str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, listed(text))
    }

    /// An error that is no list.
    pub(crate) fn plain_internal(text: &str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, text)
    }

    pub(crate) fn sealed() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Vault is sealed")
    }

    pub(crate) fn throttled(path: &str) -> Self {
        let path = path.strip_prefix("/v1/").unwrap_or(path);
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            format!("request path \"{path}\": rate limit quota exceeded"),
        )
    }

    pub(crate) fn no_route(path: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            format!("no handler for route \"{path}\". route entry not found."),
        )
    }

    pub(crate) fn unsupported_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, listed("unsupported path"))
    }

    pub(crate) fn unsupported_operation() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            listed("unsupported operation"),
        )
    }

    pub(crate) fn namespace_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "namespace not found")
    }

    /// 404 without a text, as for a role that is not there.
    pub(crate) fn not_found() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            text: None,
            header: None,
        }
    }

    /// A server error of any status.
    pub(crate) fn server(status: StatusCode) -> Self {
        Self::new(status, listed("internal error"))
    }

    pub(crate) fn is_bad_request(&self) -> bool {
        self.status == StatusCode::BAD_REQUEST
    }

    /// The same with a header in the answer.
    pub(crate) fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }

    /// The same with something before its text.
    pub(crate) fn prefixed(mut self, prefix: &str) -> Self {
        self.text = self.text.map(|text| format!("{prefix}{text}"));
        self
    }

    pub(crate) fn answer(&self) -> Answer {
        let errors: Vec<_> = self.text.iter().collect();
        let answer = Answer::json(self.status, &json!({ "errors": errors }));
        match self.header {
            Some((name, value)) => answer.with_header(name, value),
            None => answer,
        }
    }

    fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self {
            status,
            text: Some(text.into()),
            header: None,
        }
    }
}

/// The form in which Vault prints a list of errors with one entry.
fn listed(text: &str) -> String {
    format!("1 error occurred:\n\t* {text}\n\n")
}
