use std::time::Duration;

use http::StatusCode;
use refresh::{Fault, FaultKind};

use super::Error;
use crate::RefusalCause;

impl Error {
    /// Whether Vault refused with 403, so that another token might help.
    pub(crate) fn is_forbidden(&self) -> bool {
        self.refusal()
            .is_some_and(|refusal| refusal.status == StatusCode::FORBIDDEN)
    }

    /// Whether the token was good, and its policies do not allow the call.
    pub(crate) fn is_policy(&self) -> bool {
        self.refusal()
            .is_some_and(|refusal| refusal.cause == RefusalCause::PolicyDenied)
    }

    /// How many attempts such an error is worth.
    pub(crate) fn attempts(&self) -> u32 {
        match self {
            Self::Refused { refusal, .. } => refusal.cause.attempts(),
            _ => u32::MAX,
        }
    }

    /// Whether Vault may have done what it was asked to, and only its answer
    /// has not come.
    pub(crate) fn is_answer_lost(&self) -> bool {
        match self {
            Self::NoAnswer { source, .. } => matches!(
                source,
                destination::Error::Timeout { .. }
                    | destination::Error::Interrupted { .. }
                    | destination::Error::BodyTooLarge { .. }
            ),
            Self::Refused { refusal, .. } => matches!(
                refusal.cause,
                RefusalCause::Internal | RefusalCause::Unavailable | RefusalCause::Other
            ),
            Self::DeadlineExceeded { .. }
            | Self::NotVault { .. }
            | Self::UnusableAnswer { .. }
            | Self::EmptyToken { .. }
            | Self::UnwrapLost { .. } => true,
            _ => false,
        }
    }
}

impl Fault for Error {
    fn fault(&self) -> FaultKind {
        match self {
            Self::Setting(_)
            | Self::Name(_)
            | Self::CertificateName(_)
            | Self::Token(_)
            | Self::NoLogin { .. }
            | Self::LoginRoleUnset { .. }
            | Self::AmbiguousLogin { .. }
            | Self::NoGitHubActions
            | Self::KeyInPlainText { .. }
            | Self::EmptySecret { .. }
            | Self::NotInline { .. }
            | Self::LoginTooLarge { .. }
            | Self::UnreadableFile { .. }
            | Self::UnusableFile { .. }
            | Self::Redirected { .. } => FaultKind::Configuration,
            Self::Destination(source) | Self::NoAnswer { source, .. } => source.fault(),
            Self::DeadlineExceeded { .. } => FaultKind::Unavailable,
            Self::NoJwt { fault, .. } => *fault,
            Self::Refused { refusal, .. } => refusal.cause.fault(),
            // A load balancer without a backend: it may have one in a moment.
            Self::NotVault { status, .. } if status.is_server_error() => FaultKind::Unavailable,
            Self::MfaRequired { .. }
            | Self::EmptyToken { .. }
            | Self::WrappingTokenSpent { .. }
            | Self::ForeignWrappingToken { .. } => FaultKind::Denied,
            Self::Mismatched { .. } => FaultKind::Unfit,
            Self::UnwrapLost { .. }
            | Self::NotVault { .. }
            | Self::UnusableAnswer { .. }
            | Self::Crypto(_)
            | Self::Unencodable { .. } => FaultKind::Failed,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
