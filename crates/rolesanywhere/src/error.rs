use std::time::Duration;

use http::StatusCode;
use refresh::{Fault, FaultKind};

use crate::refusal::Refusal;
use crate::session::InvalidAnswer;
use crate::{
    ClockSkew, InvalidArn, InvalidEndpoint, InvalidIdentity, InvalidParameter, SigningError,
};

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Certificates and key make no identity.
    #[error("the certificate and key cannot be used")]
    Identity(#[source] InvalidIdentity),
    /// A text is not the ARN that it should be.
    #[error("{0}")]
    Arn(InvalidArn),
    /// A parameter would be refused.
    #[error("{0}")]
    Parameter(InvalidParameter),
    /// The endpoint is not a URL.
    #[error("{0}")]
    Endpoint(InvalidEndpoint),
    /// The key source could not sign.
    #[error("cannot sign the request")]
    Signing(#[source] SigningError),
    /// There was no answer.
    #[error("{operation}: no answer from {endpoint}")]
    NoAnswer {
        /// The operation: `CreateSession`, …
        operation: &'static str,
        /// Whom it was sent to.
        endpoint: String,
        /// Why.
        #[source]
        source: destination::Error,
    },
    /// All attempts together took too long.
    #[error("{operation}: no answer from {endpoint} within {} s", within.as_secs())]
    DeadlineExceeded {
        /// The operation.
        operation: &'static str,
        /// Whom it was sent to.
        endpoint: String,
        /// The deadline.
        within: Duration,
    },
    /// AWS refused.
    #[error("{operation} was refused: {refusal}")]
    Refused {
        /// The operation.
        operation: &'static str,
        /// What AWS says.
        refusal: Refusal,
        /// How long AWS asks us to wait.
        retry_after: Option<Duration>,
    },
    /// AWS refused, and our clock is off by more than it tolerates.
    #[error("{operation} was refused, and this machine's clock is {skew} AWS's: {refusal}")]
    ClockSkewed {
        /// The operation.
        operation: &'static str,
        /// How far the clock is off.
        skew: ClockSkew,
        /// What AWS says.
        refusal: Refusal,
    },
    /// The answer is not AWS's: a proxy's or another server's.
    #[error("{operation}: {endpoint} answered HTTP {} with {content_type}, which is not AWS", status.as_u16())]
    NotAws {
        /// The operation.
        operation: &'static str,
        /// Whom it was sent to.
        endpoint: String,
        /// The status of the answer.
        status: StatusCode,
        /// The media type of the answer.
        content_type: String,
    },
    /// The answer of AWS is not usable.
    #[error("{operation}: the answer of {endpoint} cannot be used: {reason}")]
    UnusableAnswer {
        /// The operation.
        operation: &'static str,
        /// Whom it was sent to.
        endpoint: String,
        /// What is wrong with it; never a part of it.
        reason: String,
    },
    /// A client could not be made.
    #[error("the settings for AWS cannot be used")]
    Destination(#[source] destination::Error),
}

impl Fault for Error {
    fn fault(&self) -> FaultKind {
        match self {
            Self::Identity(_) | Self::Arn(_) | Self::Parameter(_) | Self::Endpoint(_) => {
                FaultKind::Configuration
            }
            Self::NoAnswer { source, .. } | Self::Destination(source) => source.fault(),
            Self::DeadlineExceeded { .. } => FaultKind::Unavailable,
            Self::Refused { refusal, .. } if refusal.is_transient() => FaultKind::Unavailable,
            Self::Refused { .. } | Self::ClockSkewed { .. } => FaultKind::Denied,
            // A load balancer or a captive portal: it may be gone in a moment.
            Self::NotAws { status, .. } if status.is_server_error() => FaultKind::Unavailable,
            Self::NotAws { .. } | Self::UnusableAnswer { .. } | Self::Signing(_) => {
                FaultKind::Failed
            }
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl Error {
    /// What AWS said, where it was AWS that refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } | Self::ClockSkewed { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    pub(crate) fn unusable(
        operation: &'static str,
        endpoint: String,
        reason: &InvalidAnswer,
    ) -> Self {
        Self::UnusableAnswer {
            operation,
            endpoint,
            reason: reason.to_string(),
        }
    }
}

impl From<InvalidIdentity> for Error {
    fn from(error: InvalidIdentity) -> Self {
        Self::Identity(error)
    }
}

impl From<InvalidArn> for Error {
    fn from(error: InvalidArn) -> Self {
        Self::Arn(error)
    }
}

impl From<InvalidParameter> for Error {
    fn from(error: InvalidParameter) -> Self {
        Self::Parameter(error)
    }
}

impl From<InvalidEndpoint> for Error {
    fn from(error: InvalidEndpoint) -> Self {
        Self::Endpoint(error)
    }
}

impl From<destination::Error> for Error {
    fn from(error: destination::Error) -> Self {
        Self::Destination(error)
    }
}
