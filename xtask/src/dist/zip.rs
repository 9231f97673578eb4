use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::Failure;
use crate::failure::Result;
use crate::image::root::{Entry, Root};

/// The files of a root as a zip, for Windows. It has no time in it, which zip would
/// give without a zone.
pub(super) fn zip(root: &Root) -> Result<Vec<u8>> {
    let failed = |error: zip::result::ZipError| Failure::new(format!("the zip: {error}"));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default());
    for (path, entry) in &root.entries {
        if let Entry::File { contents, mode } = entry {
            let options = options.unix_permissions(*mode);
            zip.start_file(path, options).map_err(failed)?;
            zip.write_all(contents)
                .map_err(|error| failed(error.into()))?;
        }
    }
    Ok(zip.finish().map_err(failed)?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_packed_alike_and_can_be_read() {
        let mut root = Root::empty(7);
        root.add("iamra/iamra.exe", Entry::program(b"binary".to_vec()));
        root.add("iamra/completions/a.ps1", Entry::file("a"));
        let packed = zip(&root).unwrap();
        assert_eq!(packed, zip(&root).unwrap());
        let read = zip::ZipArchive::new(Cursor::new(packed)).unwrap();
        let names = read.file_names().map(|name| name.unwrap().into_owned());
        assert_eq!(
            names.collect::<Vec<_>>(),
            ["iamra/completions/a.ps1", "iamra/iamra.exe"]
        );
    }
}
