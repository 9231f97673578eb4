use std::sync::atomic::{AtomicU64, Ordering};

use refresh::FaultKind;

/// What came of an attempt to refresh the certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// Vault issued one, and it is in the folder.
    Issued,
    /// Another process had put a good one into the folder.
    Adopted,
    /// Vault or the disk could not be reached.
    Unavailable,
    /// Vault refused.
    Denied,
    /// AWS would refuse what Vault issued.
    Unfit,
    /// A setting or a file is wrong.
    Configuration,
    /// Anything else.
    Failed,
}

impl Outcome {
    pub(crate) const ALL: [Self; 7] = [
        Self::Issued,
        Self::Adopted,
        Self::Unavailable,
        Self::Denied,
        Self::Unfit,
        Self::Configuration,
        Self::Failed,
    ];

    /// As the metric's label says it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Issued => "issued",
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
