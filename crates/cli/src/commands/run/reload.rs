use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use private_file::Fingerprint;

use crate::context::Context;

/// How often the file was read again, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Reloads {
    applied: AtomicU64,
    refused: AtomicU64,
    is_refused: AtomicBool,
}

impl Reloads {
    pub(super) fn applied(&self) {
        self.applied.fetch_add(1, Ordering::Relaxed);
        self.is_refused.store(false, Ordering::Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        self.is_refused.store(true, Ordering::Relaxed);
    }

    /// Each outcome and how often it was.
    pub(super) fn counts(&self) -> [(&'static str, u64); 2] {
        [
            ("applied", self.applied.load(Ordering::Relaxed)),
            ("refused", self.refused.load(Ordering::Relaxed)),
        ]
    }

    /// Whether what runs is what the file says.
    pub(super) fn is_current(&self) -> bool {
        !self.is_refused.load(Ordering::Relaxed)
    }
}

/// Waits until the file is another one, or gone, and has stayed that for a
/// moment: an editor may be in the middle of it.
pub(super) async fn changed(known: &Fingerprint, context: &Context<'_>) {
    let path = context.settings.config().path();
    let mut seen = known.clone();
    loop {
        context.clock.sleep(LOOK).await;
        let found = Fingerprint::of([path]);
        if found != *known && found == seen {
            return;
        }
        seen = found;
    }
}

const LOOK: Duration = Duration::from_secs(2);
