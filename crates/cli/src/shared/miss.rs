use std::time::SystemTime;

use refresh::{Fault as _, FaultKind};
use serde::{Deserialize, Serialize};

use super::noted_life::millis;
use crate::failure::Failure;

/// That a value could not be had, for those who wait for it.
#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Miss {
    /// In milliseconds since 1970.
    pub(super) at: u64,
    /// Two of one millisecond are two.
    nonce: u64,
    kind: Kind,
    message: String,
    hint: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Configuration,
    Denied,
    Unavailable,
    Unfit,
    Failed,
}

impl Miss {
    pub(super) fn text(at: SystemTime, failure: &Failure) -> Vec<u8> {
        let miss = Self {
            at: millis(at),
            nonce: fastrand::u64(..),
            kind: failure.fault().into(),
            message: failure.message(),
            hint: failure.hint().map(str::to_owned),
        };
        // Texts and a number into memory: that does not fail.
        serde_json::to_vec(&miss).unwrap_or_default()
    }

    /// The failure of the process that has tried, where it is that of all who
    /// would try: what it was told may be its own mistake.
    pub(super) fn failure_of_all(self) -> Option<Failure> {
        let message = format!("another process has tried a moment ago: {}", self.message);
        let is_of_all = matches!(self.kind, Kind::Denied | Kind::Unavailable);
        let failure = || Failure::new("shared.failed", self.kind.into(), message);
        is_of_all.then(|| failure().with_hint_if(self.hint))
    }
}

impl From<FaultKind> for Kind {
    fn from(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Configuration => Self::Configuration,
            FaultKind::Denied => Self::Denied,
            FaultKind::Unavailable => Self::Unavailable,
            FaultKind::Unfit => Self::Unfit,
            _ => Self::Failed,
        }
    }
}

impl From<Kind> for FaultKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Configuration => Self::Configuration,
            Kind::Denied => Self::Denied,
            Kind::Unavailable => Self::Unavailable,
            Kind::Unfit => Self::Unfit,
            Kind::Failed => Self::Failed,
        }
    }
}
