use refresh::{Fault, FaultKind};

/// Why a server cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A container path that no request could name, or that the metadata service
    /// has.
    #[error(
        "{path:?} cannot be a container path: it begins with a slash, is more than one, has no \
         empty segment, query or space, and is none of the metadata service's"
    )]
    Path {
        /// The path.
        path: String,
    },
    /// Two routes with one path.
    #[error("two roles have the path {path}")]
    PathTwice {
        /// The path.
        path: String,
    },
    /// A limit that would let nothing through.
    #[error("{limit} must be more than zero")]
    Limit {
        /// The field of [`Limits`](crate::Limits).
        limit: &'static str,
    },
    /// The operating system gave no random numbers.
    #[error("the system has no random numbers for the key of the metadata tokens")]
    Random,
}

impl Fault for Error {
    fn fault(&self) -> FaultKind {
        match self {
            Self::Path { .. } | Self::PathTwice { .. } | Self::Limit { .. } => {
                FaultKind::Configuration
            }
            Self::Random => FaultKind::Failed,
        }
    }
}
