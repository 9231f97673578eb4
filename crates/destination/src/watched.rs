use std::fs::Metadata;
use std::path::Path;
use std::time::SystemTime;

use zeroize::Zeroizing;

use crate::Error;

/// Reads a file of the settings: a regular one of at most
/// [`private_file::LIMIT`] bytes, so that nothing can hold us up.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    private_file::read_private(path).map_err(|source| Error::UnreadableFile {
        path: path.to_owned(),
        source,
    })
}

/// What files looked like when they were read: equal fingerprints mean that
/// they need not be read again.
///
/// They are those of what stands there now, so a file that is swapped by rename
/// or behind a link is seen, even where the new one has the length and the
/// modification time of the old (a restored backup): its inode differs, or the
/// time of its last change of any kind, which nobody can set.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Fingerprint(Vec<Option<Look>>);

impl Fingerprint {
    pub(crate) fn of<'a>(paths: impl Iterator<Item = &'a Path>) -> Self {
        Self(paths.map(Look::at).collect())
    }
}

#[derive(Debug, Eq, PartialEq)]
struct Look {
    modified: Option<SystemTime>,
    length: u64,
    identity: Identity,
}

impl Look {
    fn at(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            identity: identity(&metadata),
        })
    }
}

/// Device, inode, and the seconds and nanoseconds of the last change.
#[cfg(unix)]
type Identity = (u64, u64, i64, i64);

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (
        metadata.dev(),
        metadata.ino(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    )
}

#[cfg(not(unix))]
type Identity = ();

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_swap_that_keeps_length_and_time_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("ca.pem"), folder.path().join("new"));
        place(&path, "old");
        place(&other, "new");
        let before = Fingerprint::of([path.as_path()].into_iter());
        assert_eq!(before, Fingerprint::of([path.as_path()].into_iter()));
        let modified = |path: &Path| std::fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(modified(&path), modified(&other));
        std::fs::rename(&other, &path).unwrap();
        assert_ne!(before, Fingerprint::of([path.as_path()].into_iter()));
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    fn place(path: &Path, text: &str) {
        std::fs::write(path, text).unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }
}
