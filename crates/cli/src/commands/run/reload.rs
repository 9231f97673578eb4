use std::fs::Metadata;
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

/// What changes when a file is replaced, written or removed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct FileStamp(Option<(SystemTime, u64, [u64; 2])>);

impl FileStamp {
    /// Links followed: a `ConfigMap` is mounted by them.
    pub(super) fn of(path: &Path) -> Self {
        let stamp = |metadata: Metadata| {
            let modified = metadata.modified().ok()?;
            Some((modified, metadata.len(), which(&metadata)))
        };
        Self(std::fs::metadata(path).ok().and_then(stamp))
    }
}

/// Device and inode.
#[cfg(unix)]
fn which(metadata: &Metadata) -> [u64; 2] {
    use std::os::unix::fs::MetadataExt as _;
    [metadata.dev(), metadata.ino()]
}

#[cfg(not(unix))]
fn which(_: &Metadata) -> [u64; 2] {
    [0; 2]
}

/// Waits until the file is another one, or gone, and has stayed that for a
/// moment: an editor may be in the middle of it.
pub(super) async fn changed(stamp: FileStamp, context: &Context<'_>) {
    let path = context.settings.config().path();
    let mut seen = stamp;
    loop {
        context.clock.sleep(LOOK).await;
        let found = FileStamp::of(path);
        if found != stamp && found == seen {
            return;
        }
        seen = found;
    }
}

const LOOK: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use private_file::{Options, Target};

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    fn another_file_of_the_same_time_and_length_is_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|name| folder.path().join(name));
        for path in &paths {
            Target::new(path, Options::new()).replace(b"x").unwrap();
        }
        let file = |path| std::fs::File::options().append(true).open(path).unwrap();
        let [a, b] = paths.each_ref().map(file);
        let time = a.metadata().unwrap().modified().unwrap();
        b.set_modified(time).unwrap();
        let stamps = paths.each_ref().map(|path| FileStamp::of(path));
        assert_eq!(stamps[0].0.unwrap().0, stamps[1].0.unwrap().0);
        assert_ne!(stamps[0], stamps[1]);
        std::fs::remove_file(&paths[0]).unwrap();
        assert_ne!(FileStamp::of(&paths[0]), stamps[0]);
    }
}
