use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};

use super::root::{Entry, Root};
use crate::Failure;
use crate::failure::Result;

/// A layer: the files of an image, packed.
pub(crate) struct Layer {
    pub(crate) compressed: Vec<u8>,
    /// Of what is in it, unpacked, which the image's configuration names.
    pub(crate) diff_id: String,
}

/// Packs it, with nothing of this machine in it.
pub(crate) fn layer(root: &Root) -> Result<Layer> {
    let tar = tar(root)?;
    Ok(Layer {
        diff_id: digest(&tar),
        compressed: gzip(&tar)?,
    })
}

/// Compressed, without a time or a name.
pub(crate) fn gzip(contents: &[u8]) -> Result<Vec<u8>> {
    let mut packed = GzBuilder::new()
        .mtime(0)
        .operating_system(UNKNOWN)
        .write(Vec::new(), Compression::best());
    std::io::Write::write_all(&mut packed, contents).map_err(|error| unwritten(&error))?;
    packed.finish().map_err(|error| unwritten(&error))
}

/// The files in the order of their paths.
pub(crate) fn tar(root: &Root) -> Result<Vec<u8>> {
    written(root).map_err(|error| unwritten(&error))
}

fn written(root: &Root) -> std::io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, entry) in &root.entries {
        let mut header = tar::Header::new_ustar();
        header.set_mtime(root.time);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(0);
        match entry {
            Entry::Folder { owner, mode } => {
                header.set_entry_type(tar::EntryType::Directory);
                header.set_mode(*mode);
                header.set_uid(*owner);
                header.set_gid(*owner);
                tar.append_data(&mut header, format!("{path}/"), &[][..])?;
            }
            Entry::File { contents, mode } => {
                header.set_entry_type(tar::EntryType::Regular);
                header.set_mode(*mode);
                header.set_size(contents.len() as u64);
                tar.append_data(&mut header, path, &**contents)?;
            }
            Entry::Link { to } => {
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_mode(0o777);
                tar.append_link(&mut header, path, to)?;
            }
        }
    }
    tar.into_inner()
}

fn unwritten(error: &std::io::Error) -> Failure {
    Failure::new(format!("what is packed: {error}"))
}

/// As OCI names contents.
pub(crate) fn digest(contents: &[u8]) -> String {
    use std::fmt::Write as _;

    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(contents) {
        // To a string: that does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The machine that packed it is nobody's business.
const UNKNOWN: u8 = 255;

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// What unpacks it finds.
    fn unpacked(layer: &Layer) -> Vec<(String, u64, u32, String)> {
        let unpacked = flate2::read::GzDecoder::new(&*layer.compressed);
        let mut archive = tar::Archive::new(unpacked);
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let (uid, mode) = (
                entry.header().uid().unwrap(),
                entry.header().mode().unwrap(),
            );
            assert_eq!(entry.header().mtime().unwrap(), 7);
            let link = entry
                .link_name()
                .unwrap()
                .map(|to| to.display().to_string());
            let mut text = Vec::new();
            entry.read_to_end(&mut text).unwrap();
            let text = link.unwrap_or_else(|| String::from_utf8_lossy(&text).into_owned());
            (path, uid, mode, text)
        });
        entries.collect()
    }

    #[test]
    fn the_layer_has_what_the_binary_needs() {
        let layer = layer(&Root::new(b"binary".to_vec(), b"{}".to_vec(), 7)).unwrap();
        let found = unpacked(&layer);
        let at = |path: &str| found.iter().find(|entry| entry.0 == path).unwrap();
        assert_eq!(
            at("iamra"),
            &("iamra".to_owned(), 0, 0o755, "binary".to_owned())
        );
        assert_eq!((at("home/nobody/").1, at("home/nobody/").2), (65534, 0o755));
        assert_eq!(at("usr/local/bin/docker-credential-iamra").3, "/iamra");
        assert_eq!(at("usr/share/sbom/iamra.cdx.json").3, "{}");
        let roots = &at("etc/ssl/certs/ca-certificates.crt").3;
        assert!(roots.matches("BEGIN CERTIFICATE").count() > 100);
        // Folders come before what is in them.
        let mut sorted: Vec<_> = found.iter().map(|entry| entry.0.clone()).collect();
        sorted.sort();
        assert!(found.iter().map(|entry| &entry.0).eq(&sorted));
    }

    #[test]
    fn the_same_is_packed_alike() {
        let packed = |time| layer(&Root::new(b"binary".to_vec(), b"{}".to_vec(), time)).unwrap();
        assert_eq!(packed(7).compressed, packed(7).compressed);
        assert_ne!(packed(7).diff_id, packed(8).diff_id);
    }
}
