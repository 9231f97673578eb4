use std::path::Path;

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
