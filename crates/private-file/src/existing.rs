use std::{
    fs::{self, File, Metadata},
    io::{self, Read},
    path::Path,
};

use zeroize::Zeroizing;

use crate::{Error, Found, LIMIT, Ownership, folder::Folder, platform, unreachable::unreachable};

/// A file that stands where we are to write, read once and found to be ours.
pub(crate) struct Existing {
    pub(crate) contents: Zeroizing<Vec<u8>>,
    pub(crate) ownership: Ownership,
}

impl Existing {
    /// Reads `path` in `folder` without following a link; `None` if there is
    /// nothing. In a folder that others can write to it must be a plain file
    /// of ours with a single name, or somebody may have put it there to have
    /// us read or keep something of theirs.
    pub(crate) fn read(folder: &Folder, path: &Path) -> Result<Option<Self>, Error> {
        let Some(named) = inspect(path)? else {
            return Ok(None);
        };
        if named.is_symlink() {
            return Err(folder.planted(path, Found::SymbolicLink));
        }
        // Before the open: opening a device can have effects.
        check_regular(path, &named)?;
        let file = open(path, false, &named)?;
        // And after it: this is what we read, whatever the name says by now.
        let opened = file
            .metadata()
            .map_err(|source| failed("inspect", path, source))?;
        check_regular(path, &opened)?;
        check_ours(folder, path, &opened)?;
        let contents = read_bounded(&file, &opened, path)?;
        Ok(Some(Self {
            contents,
            ownership: Ownership::of(&opened),
        }))
    }
}

/// What stands at `path`, if anything does; a link is not followed.
pub(crate) fn inspect(path: &Path) -> Result<Option<Metadata>, Error> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) if source.kind() == io::ErrorKind::PermissionDenied => {
            Err(unreachable(path, source))
        }
        Err(source) => Err(failed("inspect", path, source)),
    }
}

pub(crate) fn check_regular(path: &Path, metadata: &Metadata) -> Result<(), Error> {
    if metadata.is_file() {
        return Ok(());
    }
    let found = if metadata.is_dir() {
        Found::Directory
    } else {
        Found::Special
    };
    Err(Error::NotRegular {
        path: path.to_owned(),
        found,
    })
}

/// Where others can write to the folder: one name, and our own.
pub(crate) fn check_ours(folder: &Folder, path: &Path, file: &Metadata) -> Result<(), Error> {
    if !folder.is_shared() {
        return Ok(());
    }
    if Ownership::of(file).owner != platform::user() {
        return Err(folder.planted(path, Found::ForeignFile));
    }
    if platform::hard_links(file) > 1 {
        return Err(folder.planted(path, Found::HardLink));
    }
    Ok(())
}

/// Opens a file that was just seen, without waiting for a FIFO's other end.
#[expect(
    clippy::disallowed_methods,
    reason = "private-file opens the files; for reading here"
)]
pub(crate) fn open(path: &Path, follow: bool, named: &Metadata) -> Result<File, Error> {
    platform::read_options(follow)
        .open(path)
        .map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::Missing {
                path: path.to_owned(),
            },
            io::ErrorKind::PermissionDenied => Error::Unreadable {
                path: path.to_owned(),
                file: Ownership::of(named),
                user: platform::user(),
                source,
            },
            _ => failed("open", path, source),
        })
}

/// Reads at most [`LIMIT`] bytes into memory that is wiped, and that does not
/// grow (growing leaves copies behind).
pub(crate) fn read_bounded(
    file: &File,
    metadata: &Metadata,
    path: &Path,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let too_large = || Error::TooLarge {
        path: path.to_owned(),
        limit: LIMIT,
    };
    let size = usize::try_from(metadata.len())
        .ok()
        .filter(|size| *size <= LIMIT);
    let mut contents = Zeroizing::new(Vec::with_capacity(size.ok_or_else(too_large)? + 64));
    file.take(LIMIT as u64 + 1)
        .read_to_end(&mut contents)
        .map_err(|source| failed("read", path, source))?;
    if contents.len() > LIMIT {
        return Err(too_large());
    }
    Ok(contents)
}

pub(crate) fn failed(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
