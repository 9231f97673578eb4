use std::{fs, io, path::Path};

use zeroize::Zeroizing;

use crate::{
    Error,
    existing::{check_regular, failed, open, read_bounded},
    unreachable::unreachable,
};

/// The largest file that is read or written, in bytes.
pub const LIMIT: usize = 1 << 20;

/// Reads a file that holds a secret into memory that is wiped.
///
/// Links are followed, as Kubernetes' mounted secrets are links. Only regular
/// files of at most [`LIMIT`] bytes are read: a FIFO or a device is an error
/// at once, not a wait. An empty file gives empty contents.
pub fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let named = fs::metadata(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => Error::Missing {
            path: path.to_owned(),
        },
        io::ErrorKind::PermissionDenied => unreachable(path, source),
        _ => failed("inspect", path, source),
    })?;
    // Before the open, as opening a device can have effects; and after it,
    // as the name may stand for something else by now.
    check_regular(path, &named)?;
    let file = open(path, true, &named)?;
    let opened = file
        .metadata()
        .map_err(|source| failed("inspect", path, source))?;
    check_regular(path, &opened)?;
    read_bounded(&file, &opened, path)
}
