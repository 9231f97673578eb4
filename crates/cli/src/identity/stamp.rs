use std::fs::Metadata;
use std::path::Path;
use std::time::SystemTime;

/// What files look like from outside, links followed: a file that was written
/// or replaced has another stamp. Holds nothing of what stands in them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Stamp(Vec<Look>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Look {
    /// Device and inode, where there are such.
    file: Option<(u64, u64)>,
    length: u64,
    modified: SystemTime,
    /// The time of the last change to the inode: one that sets the time of
    /// modification back cannot set this one.
    changed: Option<(i64, i64)>,
}

impl Stamp {
    /// Of all these files; `None` where one of them cannot be looked at.
    pub(crate) fn of<'a>(files: impl Iterator<Item = &'a Path>) -> Option<Self> {
        files.map(Look::of).collect::<Option<_>>().map(Self)
    }
}

impl Look {
    fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        Some(Self {
            file: file(&metadata),
            length: metadata.len(),
            modified: metadata.modified().ok()?,
            changed: changed(&metadata),
        })
    }
}

#[cfg(unix)]
fn file(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> Option<(i64, i64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.ctime(), metadata.ctime_nsec()))
}

#[cfg(not(unix))]
fn file(_: &Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> Option<(i64, i64)> {
    None
}
