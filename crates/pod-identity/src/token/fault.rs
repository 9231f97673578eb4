use std::fmt;

use refresh::{Fault, FaultKind};

/// Why a token is not taken. The texts hold nothing of the token but names, and
/// are for the pod that has sent it; where the EKS Pod Identity agent has the
/// same fault, they are its words
/// ([source](https://github.com/aws/eks-pod-identity-agent/blob/main/internal/validation/request.go)).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TokenFault {
    /// There is none.
    Empty,
    /// It is no JWT; why, in the words of the agent's library.
    Unparsable(String),
    /// It is none for this moment.
    Times {
        /// Its end is over.
        has_expired: bool,
        /// Its beginning is ahead.
        is_not_yet_valid: bool,
    },
    /// It does not say when it begins and ends, as a projected token does.
    NoTimes,
    /// It is not the token of a service account.
    NoServiceAccount,
    /// It is for somebody else.
    OtherAudience {
        /// For whom it must be.
        expected: String,
        /// For whom it is.
        found: Vec<String>,
    },
    /// The cluster does not know it, or does not any more.
    NotGenuine {
        /// Why, as far as the cluster says.
        reason: String,
    },
    /// It was signed too long ago to be believed for its signature alone.
    TooOld {
        /// Its age in seconds.
        age: u64,
        /// The most that is believed.
        most: u64,
    },
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Service account token cannot be empty"),
            Self::Unparsable(why) => write!(f, "Service account token cannot be parsed: {why}"),
            Self::Times {
                has_expired,
                is_not_yet_valid,
            } => {
                f.write_str("Service account token failed basic claim validations: ")?;
                f.write_str(match (has_expired, is_not_yet_valid) {
                    (true, true) => "token is expired, token is not valid yet",
                    (true, false) => "token is expired",
                    (false, _) => "token is not valid yet",
                })
            }
            Self::NoTimes => f.write_str("Service account token says neither iat nor exp"),
            Self::NoServiceAccount => {
                f.write_str("Service account token is not that of a service account")
            }
            Self::OtherAudience { expected, found } => write!(
                f,
                "Service account token is for the audience {found:?}, and must be for {expected:?}"
            ),
            Self::NotGenuine { reason } => write!(
                f,
                "Service account token is not one of this cluster, or not any more: {reason}"
            ),
            Self::TooOld { age, most } => write!(
                f,
                "Service account token was signed {age} s ago, and is believed for {most} s: \
                 give it a shorter life, or have tokens reviewed"
            ),
        }
    }
}

impl std::error::Error for TokenFault {}

impl Fault for TokenFault {
    fn fault(&self) -> FaultKind {
        FaultKind::Denied
    }
}
