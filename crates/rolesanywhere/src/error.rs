use std::time::Duration;

use http::StatusCode;
use refresh::{Fault, FaultKind};

use crate::refusal::Refusal;
use crate::sender::is_passing;
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
    #[error(transparent)]
    Arn(InvalidArn),
    /// A parameter would be refused.
    #[error(transparent)]
    Parameter(InvalidParameter),
    /// The endpoint is not a URL.
    #[error(transparent)]
    Endpoint(InvalidEndpoint),
    /// Whoever provides the identity could not.
    #[error("there is no identity to sign with")]
    IdentitySource {
        /// What kind of fault that is.
        fault: FaultKind,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
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
        source: Box<destination::Error>,
    },
    /// An attempt, or all attempts together, took too long.
    #[error("{operation}: no answer from {endpoint} within {} s{}", seconds(*within), after(last.as_deref()))]
    DeadlineExceeded {
        /// The operation.
        operation: &'static str,
        /// Whom it was sent to.
        endpoint: String,
        /// The deadline.
        within: Duration,
        /// What the last attempt before it failed with, if there was one.
        last: Option<String>,
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
        /// How long that server asks us to wait.
        retry_after: Option<Duration>,
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
            Self::NoAnswer { source, .. } => source.fault(),
            Self::Destination(source) => source.fault(),
            Self::DeadlineExceeded { .. } => FaultKind::Unavailable,
            Self::Refused { refusal, .. } if refusal.is_transient() => FaultKind::Unavailable,
            Self::Refused { .. } | Self::ClockSkewed { .. } => FaultKind::Denied,
            // A load balancer or a captive portal: it may be gone in a moment.
            Self::NotAws { status, .. } if is_passing(*status) => FaultKind::Unavailable,
            Self::IdentitySource { fault, .. } => *fault,
            Self::NotAws { .. } | Self::UnusableAnswer { .. } | Self::Signing(_) => {
                FaultKind::Failed
            }
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } | Self::NotAws { retry_after, .. } => *retry_after,
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
}

/// Whole seconds as such, others to a tenth.
fn seconds(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        duration.as_secs().to_string()
    } else {
        format!("{:.1}", duration.as_secs_f32())
    }
}

fn after(last: Option<&str>) -> String {
    last.map_or_else(String::new, |last| format!("; the attempt before: {last}"))
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
