//! How often what came of it.

use std::sync::atomic::{AtomicU64, Ordering};

use refresh::FaultKind;

/// What came of an attempt to have another of what is kept fresh: a certificate,
/// or a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// It was obtained.
    Obtained,
    /// Another process had left a good one.
    Adopted,
    /// Who has it, or the disk, could not be reached.
    Unavailable,
    /// It was refused.
    Denied,
    /// AWS would refuse the certificate.
    Unfit,
    /// A setting or a file is wrong.
    Configuration,
    /// Anything else.
    Failed,
}

impl Outcome {
    pub(crate) const ALL: [Self; 7] = [
        Self::Obtained,
        Self::Adopted,
        Self::Unavailable,
        Self::Denied,
        Self::Unfit,
        Self::Configuration,
        Self::Failed,
    ];

    /// As a metric's label says it; `obtained` is the word for a success there.
    pub(crate) fn label(self, obtained: &'static str) -> &'static str {
        match self {
            Self::Obtained => obtained,
            Self::Adopted => "adopted",
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
            Self::Unfit => "unfit",
            Self::Configuration => "configuration",
            Self::Failed => "failed",
        }
    }
}

impl From<FaultKind> for Outcome {
    fn from(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Unavailable => Self::Unavailable,
            FaultKind::Denied => Self::Denied,
            FaultKind::Unfit => Self::Unfit,
            FaultKind::Configuration => Self::Configuration,
            _ => Self::Failed,
        }
    }
}

/// How often what came of it.
#[derive(Debug, Default)]
pub(crate) struct Tally([AtomicU64; Outcome::ALL.len()]);

impl Tally {
    pub(crate) fn count(&self, outcome: Outcome) {
        self.0[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize].load(Ordering::Relaxed)
    }
}
