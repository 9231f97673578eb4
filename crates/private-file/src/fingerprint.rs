use std::{path::Path, time::SystemTime};

use crate::platform;

/// What files looked like when they were read: equal fingerprints mean that
/// they need not be read again.
///
/// They are those of what stands there now, links followed, so a file that is
/// swapped by rename or behind a link is seen, even where the new one has the
/// length and the modification time of the old (a restored backup): its inode
/// differs, or the time of its last change of any kind, which nobody can set. A
/// file that is missing is a look of its own. Nothing is read.
///
/// ```
/// use private_file::Fingerprint;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("key.pem");
///
/// let before = Fingerprint::of([path.as_path()]);
/// assert_eq!(Fingerprint::of([path.as_path()]), before);
/// private_file::Target::new(&path, private_file::Options::new()).replace(b"key")?;
/// assert_ne!(Fingerprint::of([path.as_path()]), before);
/// # Ok::<(), private_file::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fingerprint(Vec<Option<Look>>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Look {
    modified: Option<SystemTime>,
    length: u64,
    /// Device, inode, and the seconds and nanoseconds of the last change, where
    /// there are such.
    identity: [i128; 4],
}

impl Fingerprint {
    /// Of these files, in this order.
    pub fn of<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Self {
        Self(paths.into_iter().map(Look::at).collect())
    }

    /// Whether all of them are there.
    pub fn is_whole(&self) -> bool {
        self.0.iter().all(Option::is_some)
    }
}

impl Look {
    fn at(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            identity: platform::identity(&metadata),
        })
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_that_keeps_length_and_time_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("ca.pem"), folder.path().join("new"));
        place(&path, "old");
        place(&other, "new");
        let look = || Fingerprint::of([path.as_path()]);
        let before = look();
        assert_eq!(before, look());
        let modified = |path: &Path| std::fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(modified(&path), modified(&other));
        std::fs::rename(&other, &path).unwrap();
        assert_ne!(before, look());
        let gone = {
            std::fs::remove_file(&path).unwrap();
            look()
        };
        assert!(before.is_whole() && !gone.is_whole());
        assert_eq!(gone, look());
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    fn place(path: &Path, text: &str) {
        std::fs::write(path, text).unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }
}
