use http::StatusCode;
use serde_json::{Value, json};

use super::EcrAction;
use crate::answer::Answer;
use crate::sigv4::Unauthentic;

/// The content type of JSON 1.1, for requests and answers.
pub(super) const JSON: &str = "application/x-amz-json-1.1";

/// What ECR says of a request that it does not grant; always with a status of
/// 400.
#[derive(Debug)]
pub(super) struct EcrRefusal {
    code: &'static str,
    message: String,
}

impl EcrRefusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    pub(super) fn mismatch(message: impl Into<String>) -> Self {
        Self::new("InvalidSignatureException", message)
    }

    pub(super) fn denied(user: &str, action: EcrAction) -> Self {
        let action = action.name();
        let message = format!(
            "User: {user} is not authorized to perform: {action} on resource: * because no \
             identity-based policy allows the {action} action"
        );
        Self::new("AccessDeniedException", message)
    }

    pub(super) fn answer(&self) -> Answer {
        error_answer(StatusCode::BAD_REQUEST, self.code, &self.message)
    }
}

impl From<Unauthentic> for EcrRefusal {
    fn from(unauthentic: Unauthentic) -> Self {
        match unauthentic {
            Unauthentic::Unsigned => Self::new(
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            ),
            Unauthentic::Incomplete(message) => Self::new("IncompleteSignatureException", message),
            Unauthentic::UnknownToken => Self::new(
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
            Unauthentic::Mismatch(message) => Self::mismatch(message),
            Unauthentic::Expired => Self::new(
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ),
        }
    }
}

/// An answer in the form of JSON 1.1.
pub(super) fn json_answer(status: StatusCode, document: &Value) -> Answer {
    Answer::text(status, JSON, document.to_string())
}

/// `ThrottlingException`, which is a 400 here.
pub(crate) fn throttled_answer() -> Answer {
    error_answer(
        StatusCode::BAD_REQUEST,
        "ThrottlingException",
        "Rate exceeded",
    )
}

/// `ServerException`.
pub(crate) fn server_error_answer(status: StatusCode) -> Answer {
    let message = "These errors are usually caused by a server-side issue.";
    error_answer(status, "ServerException", message)
}

fn error_answer(status: StatusCode, code: &str, message: &str) -> Answer {
    json_answer(status, &json!({"__type": code, "message": message}))
}
