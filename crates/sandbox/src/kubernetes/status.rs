use http::StatusCode;
use serde_json::{Value, json};

use super::object::Kind;
use crate::answer::Answer;

/// A refusal of the Kubernetes API: a `Status` document.
#[derive(Debug)]
pub(crate) struct Status {
    code: StatusCode,
    reason: &'static str,
    message: String,
    details: Value,
}

impl Status {
    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// The object cannot be taken as it is.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message)
    }

    /// What is there is not what was meant.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "Conflict", message)
    }

    /// Nobody answers behind the API.
    pub(super) fn unreachable(address: std::net::SocketAddr) -> Self {
        let message =
            format!("error trying to reach service: dial tcp {address}: connect: refused");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            message,
        )
    }

    /// There is no such object.
    pub(super) fn no_object(kind: Kind, name: &str) -> Self {
        let mut details = json!({"name": name, "kind": kind.plural()});
        let mut resource = kind.plural().to_owned();
        if !kind.group().is_empty() {
            details["group"] = kind.group().into();
            resource = format!("{resource}.{}", kind.group());
        }
        let message = format!("{resource} \"{name}\" not found");
        Self {
            details,
            ..Self::new(StatusCode::NOT_FOUND, "NotFound", message)
        }
    }

    /// There is no such path.
    pub(super) fn no_resource() -> Self {
        let message = "the server could not find the requested resource";
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    pub(super) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    /// The changes after a version can no longer be told.
    pub(super) fn expired(asked: u64, now: u64) -> Self {
        let message = format!("too old resource version: {asked} ({now})");
        Self::new(StatusCode::GONE, "Expired", message)
    }

    pub(super) fn throttled() -> Self {
        let message = "too many requests, please try again later";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", message)
    }

    pub(super) fn server_error(code: StatusCode) -> Self {
        let message = "Internal error occurred: of the sandbox's";
        Self::new(code, "InternalError", message)
    }

    pub(super) fn document(&self) -> Value {
        json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,
            "code": self.code.as_u16(),
        })
    }

    pub(super) fn answer(&self) -> Answer {
        Answer::json(self.code, &self.document())
    }

    fn new(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: json!({}),
        }
    }
}

/// `TooManyRequests`.
pub(crate) fn throttled_answer() -> Answer {
    Status::throttled().answer()
}

/// `InternalError`, with whatever status.
pub(crate) fn server_error_answer(status: StatusCode) -> Answer {
    Status::server_error(status).answer()
}
