use http::StatusCode;
use serde_json::json;

use crate::Repository;
use crate::answer::Answer;

/// What a registry says of a request that it does not grant.
#[derive(Debug)]
pub(super) struct RegistryRefusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl RegistryRefusal {
    pub(super) fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "Not Authorized")
    }

    pub(super) fn expired() -> Self {
        let message = "Your authorization token has expired. Reauthenticate and try again.";
        Self::new(StatusCode::FORBIDDEN, "DENIED", message)
    }

    pub(super) fn denied(user: &str, repository: &Repository) -> Self {
        let action = "ecr:BatchGetImage";
        let message = format!(
            "User: {user} is not authorized to perform: {action} on resource: {} because no \
             identity-based policy allows the {action} action",
            repository.arn()
        );
        Self::new(StatusCode::FORBIDDEN, "DENIED", message)
    }

    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// The answer; `host` is whom to authenticate to.
    pub(super) fn answer(&self, host: &str) -> Answer {
        let answer = error_answer(self.status, self.code, &self.message);
        if self.status != StatusCode::UNAUTHORIZED {
            return answer;
        }
        let challenge = format!("Basic realm=\"https://{host}/\",service=\"ecr.amazonaws.com\"");
        answer.with_header("www-authenticate", &challenge)
    }
}

/// The header that tells a registry from any other server.
pub(super) fn versioned(answer: Answer) -> Answer {
    answer.with_header("docker-distribution-api-version", "registry/2.0")
}

/// 429.
pub(crate) fn throttled_answer() -> Answer {
    error_answer(
        StatusCode::TOO_MANY_REQUESTS,
        "TOOMANYREQUESTS",
        "Rate exceeded",
    )
}

/// An error of the registry's own.
pub(crate) fn server_error_answer(status: StatusCode) -> Answer {
    error_answer(status, "UNKNOWN", "unknown error")
}

fn error_answer(status: StatusCode, code: &str, message: &str) -> Answer {
    let document = json!({"errors": [{"code": code, "message": message}]});
    versioned(Answer::json(status, &document))
}
