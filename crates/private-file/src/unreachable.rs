use std::{
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
};

use crate::{Error, Ownership, existing::failed, platform};

/// The error for a path that cannot even be looked at, because we may not
/// enter a folder on the way: names that folder, links followed.
pub(crate) fn unreachable(path: &Path, source: io::Error) -> Error {
    match closed_folder(path) {
        Some((folder, metadata)) => Error::Unreachable {
            path: path.to_owned(),
            folder,
            ownership: Ownership::of(&metadata),
            user: platform::user(),
            source,
        },
        None => failed("inspect", path, source),
    }
}

/// The last folder on the way to `path` that can be looked at.
fn closed_folder(path: &Path) -> Option<(PathBuf, Metadata)> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let (folder, metadata) = path.ancestors().skip(1).find_map(visible)?;
        let below = path.strip_prefix(&folder).unwrap_or(&path);
        let next = folder.join(below.components().next()?);
        // A link may be readable and lead to where we may not go.
        match fs::read_link(&next) {
            Ok(target) => path = folder.join(target),
            Err(_) => return Some((folder, metadata)),
        }
    }
    None
}

fn visible(folder: &Path) -> Option<(PathBuf, Metadata)> {
    let is_here = folder.as_os_str().is_empty();
    let folder = if is_here { Path::new(".") } else { folder };
    Some((folder.to_owned(), fs::metadata(folder).ok()?))
}

/// As many as Linux follows.
const MAX_LINKS: usize = 40;
