use std::fs::Metadata;
use std::path::Path;
use std::time::SystemTime;

/// What files look like from outside, links followed: a file that was written
/// or replaced has another stamp. Holds nothing of what stands in them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Stamp(Vec<Look>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Look {
    /// Device and inode, and the time of the last change to the inode, where
    /// there are such: who sets the time of modification back cannot set that.
    inode: [i128; 4],
    length: u64,
    modified: SystemTime,
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
            inode: inode(&metadata),
            length: metadata.len(),
            modified: metadata.modified().ok()?,
        })
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> [i128; 4] {
    use std::os::unix::fs::MetadataExt as _;
    let change = [metadata.ctime(), metadata.ctime_nsec()].map(i128::from);
    let place = [metadata.dev(), metadata.ino()].map(i128::from);
    [place[0], place[1], change[0], change[1]]
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> [i128; 4] {
    [0; 4]
}
