use std::path::Path;
use std::time::SystemTime;

/// What files looked like when they were read: equal fingerprints mean that
/// they need not be read again.
///
/// Modification time and length see an edit; both see a file swapped by rename
/// or behind a link, because they are those of what stands there now.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Fingerprint(Vec<Option<(SystemTime, u64)>>);

impl Fingerprint {
    pub(crate) fn of<'a>(paths: impl Iterator<Item = &'a Path>) -> Self {
        Self(paths.map(look).collect())
    }
}

fn look(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
