use std::time::Duration;

use http::StatusCode;

/// Why a [`Broker`](crate::Broker) hands nothing out. The messages reach the
/// caller and hold no secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Nothing valid is at hand now: 503 with `Retry-After`.
    #[error("{message}")]
    Unavailable {
        /// What is missing, for the caller's log.
        message: String,
        /// When asking again may help.
        retry_after: Duration,
    },
    /// Too many requests of this caller: 429 with `Retry-After`.
    #[error("Too Many Requests")]
    Throttled {
        /// When asking again may help.
        retry_after: Duration,
    },
    /// This caller does not get these credentials: 403.
    #[error("{message}")]
    Denied {
        /// Why, for the caller's log.
        message: String,
    },
    /// The token that the caller showed is none, at a route where the broker
    /// judges it: 401.
    #[error("{message}")]
    Unauthenticated {
        /// What is wrong with the token, for the caller's log.
        message: String,
    },
    /// What the caller showed cannot be read, or is not meant for this: 400.
    #[error("{message}")]
    Invalid {
        /// What is wrong with it, for the caller's log.
        message: String,
    },
    /// The caller is known, and has no role: 404.
    #[error("{message}")]
    NoRole {
        /// Who has none, for the caller's log.
        message: String,
    },
    /// There is no such role: 404.
    #[error("there is no such role")]
    NotFound,
}

impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Denied { .. } => StatusCode::FORBIDDEN,
            Self::Unauthenticated { .. } => StatusCode::UNAUTHORIZED,
            Self::Invalid { .. } => StatusCode::BAD_REQUEST,
            Self::NoRole { .. } | Self::NotFound => StatusCode::NOT_FOUND,
        }
    }

    /// The `code` of the error document.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "CredentialsUnavailable",
            Self::Throttled { .. } => "Throttling",
            Self::Denied { .. } => "AccessDenied",
            Self::Unauthenticated { .. } => "InvalidAuthorization",
            Self::Invalid { .. } => "InvalidRequest",
            Self::NoRole { .. } | Self::NotFound => "NotFound",
        }
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } | Self::Throttled { retry_after } => {
                Some(*retry_after)
            }
            _ => None,
        }
    }
}
