use http::StatusCode;

use super::answer::EXPIRED;
use crate::sigv4::Unauthentic;

/// What STS says of a request that it does not grant.
pub(super) struct StsRefusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl StsRefusal {
    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            message: message.into(),
        }
    }

    pub(super) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            code,
            message: message.into(),
        }
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::bad_request("ValidationError", message)
    }
}

impl From<Unauthentic> for StsRefusal {
    fn from(unauthentic: Unauthentic) -> Self {
        match unauthentic {
            Unauthentic::Unsigned => Self::forbidden(
                "MissingAuthenticationToken",
                "Request is missing Authentication Token",
            ),
            Unauthentic::Incomplete(message) => Self::bad_request("IncompleteSignature", message),
            Unauthentic::UnknownToken => Self::forbidden(
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
            ),
            Unauthentic::Mismatch(message) => Self::forbidden("SignatureDoesNotMatch", message),
            Unauthentic::Expired => Self::forbidden("ExpiredToken", EXPIRED),
        }
    }
}
