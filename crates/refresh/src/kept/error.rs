use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::{Fault, FaultKind};

/// Why [`Kept::get`](crate::Kept::get) has no valid value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeptError<E> {
    /// The source failed. Shared, because everybody who waited gets it.
    #[error(transparent)]
    Source(Arc<E>),
    /// What the source brought was no longer valid: its clock and ours differ.
    #[error(
        "what was obtained had expired {} s before: compare the clocks",
        now.duration_since(*end).unwrap_or_default().as_secs()
    )]
    Expired {
        /// When its life ended.
        end: SystemTime,
        /// When it arrived.
        now: SystemTime,
    },
}

// By hand: a derive would ask for `E: Clone`.
impl<E> Clone for KeptError<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Source(error) => Self::Source(Arc::clone(error)),
            Self::Expired { end, now } => Self::Expired {
                end: *end,
                now: *now,
            },
        }
    }
}

impl<E: Fault> Fault for KeptError<E> {
    fn fault(&self) -> FaultKind {
        match self {
            Self::Source(error) => error.fault(),
            Self::Expired { .. } => FaultKind::Failed,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Source(error) => error.retry_after(),
            Self::Expired { .. } => None,
        }
    }
}
