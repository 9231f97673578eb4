use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::context::Context;

/// How often the file was read again, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Reloads {
    applied: AtomicU64,
    refused: AtomicU64,
    is_refused: std::sync::atomic::AtomicBool,
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

/// What changes when a file is replaced or written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct FileStamp(Option<(SystemTime, u64)>);

impl FileStamp {
    /// Links followed: a `ConfigMap` is mounted by them.
    pub(super) fn of(path: &Path) -> Self {
        let metadata = std::fs::metadata(path).ok();
        Self(metadata.and_then(|metadata| Some((metadata.modified().ok()?, metadata.len()))))
    }
}

/// Waits until the file is another one, and has stayed that for a moment: an
/// editor may be in the middle of it.
pub(super) async fn changed(stamp: &mut FileStamp, context: &Context<'_>) {
    let path = context.settings.config().path();
    let mut seen = *stamp;
    loop {
        context.clock.sleep(LOOK).await;
        let found = FileStamp::of(path);
        if found != *stamp && found == seen && found.0.is_some() {
            *stamp = found;
            return;
        }
        seen = found;
    }
}

const LOOK: Duration = Duration::from_secs(2);
