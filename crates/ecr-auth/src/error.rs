use std::time::{Duration, SystemTime};

use http::StatusCode;
use refresh::{Fault, FaultKind};

use crate::{Refusal, RefusalCause};

/// Why there is no authorization token, or no answer of a registry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There was no answer.
    #[error("{operation}: no answer from {endpoint}")]
    NoAnswer {
        /// What was asked for: `ecr:GetAuthorizationToken`, …
        operation: &'static str,
        /// Whom it was sent to.
        endpoint: String,
        /// Why.
        #[source]
        source: Box<destination::Error>,
    },
    /// All attempts together took too long.
    #[error("{operation}: no answer from {endpoint} within {} s{}", within.as_secs_f32(), after(last.as_deref()))]
    DeadlineExceeded {
        /// What was asked for.
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
        /// What was asked for.
        operation: &'static str,
        /// What AWS says.
        refusal: Box<Refusal>,
        /// How long AWS asks us to wait.
        retry_after: Option<Duration>,
        /// When AWS answered, by its clock.
        server_time: Option<SystemTime>,
    },
    /// A registry refused.
    #[error("{host}: {refusal}")]
    RegistryRefused {
        /// Which registry.
        host: String,
        /// What it says.
        refusal: Box<Refusal>,
        /// How long it asks us to wait.
        retry_after: Option<Duration>,
    },
    /// The answer is neither AWS's nor a registry's: a proxy's or another
    /// server's.
    #[error("{operation}: {endpoint} answered HTTP {} with {content_type}, which is not AWS", status.as_u16())]
    NotAws {
        /// What was asked for.
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
        /// What was asked for.
        operation: &'static str,
        /// Whom it was sent to.
        endpoint: String,
        /// What is wrong with it; never a part of it.
        reason: String,
    },
    /// The request cannot be made from what it was given.
    #[error("{operation}: the request cannot be made: {reason}")]
    UnusableRequest {
        /// What was to be asked for.
        operation: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl Fault for Error {
    fn fault(&self) -> FaultKind {
        match self {
            Self::NoAnswer { source, .. } => source.fault(),
            Self::DeadlineExceeded { .. } => FaultKind::Unavailable,
            Self::Refused { refusal, .. } | Self::RegistryRefused { refusal, .. } => {
                if refusal.is_transient() {
                    FaultKind::Unavailable
                } else {
                    FaultKind::Denied
                }
            }
            // A load balancer or a captive portal: it may be gone in a moment.
            Self::NotAws { status, .. } if status.is_server_error() => FaultKind::Unavailable,
            Self::UnusableRequest { .. } => FaultKind::Configuration,
            Self::NotAws { .. } | Self::UnusableAnswer { .. } => FaultKind::Failed,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } | Self::RegistryRefused { retry_after, .. } => {
                *retry_after
            }
            _ => None,
        }
    }
}

impl Error {
    /// What AWS or the registry said, where it refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } | Self::RegistryRefused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// AWS's time, where it refused because ours is another one.
    pub(crate) fn time_of_a_skewed_clock(&self) -> Option<SystemTime> {
        match self {
            Self::Refused {
                refusal,
                server_time,
                ..
            } if refusal.cause() == Some(RefusalCause::ClockSkew) => *server_time,
            _ => None,
        }
    }
}

fn after(last: Option<&str>) -> String {
    last.map_or_else(String::new, |last| format!("; the attempt before: {last}"))
}
