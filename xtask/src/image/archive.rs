use std::fs::File;
use std::io::{Read, Seek as _, Write};
use std::path::Path;

use flate2::read::GzDecoder;
use oci_spec::image::{Descriptor, ImageConfiguration, MediaType, Os};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::platform::Platform;
use crate::Failure;
use crate::failure::Result;
use crate::registry::{Fault, Folder, Manifest, blob_path};

/// Writes one platform of a layout as an archive for `docker load`.
///
/// A layer is there as the configuration names it: unpacked, under its own digest. Every
/// time in it is the epoch's: the same layout becomes the same file.
pub(crate) fn write(layout: &Path, platform: Platform, name: &str, to: &Path) -> Result {
    let image = Image::find(layout, platform).map_err(|fault| Failure::new(fault.to_string()))?;
    let failed = |error: std::io::Error| Failure::file(to, &error);
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::Builder::new();
    #[cfg(unix)]
    file.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = file.tempfile_in(folder.unwrap_or_else(|| Path::new(".")));
    let mut archive = tar::Builder::new(file.map_err(failed)?);
    image.pack(layout, name, &mut archive).map_err(failed)?;
    let file = archive.into_inner().map_err(failed)?;
    file.persist(to).map_err(|error| failed(error.error))?;
    Ok(())
}

/// One image of a layout.
struct Image {
    tags: Vec<String>,
    configuration: Vec<u8>,
    /// Of the configuration, in hexadecimal: what docker calls the image's ID.
    id: String,
    /// With the digest of what is in them.
    layers: Vec<(Descriptor, String)>,
}

impl Image {
    fn find(layout: &Path, platform: Platform) -> std::result::Result<Self, Fault> {
        let folder = Folder::open(layout)?;
        let absent = || Fault::new(format!("{} has no image for {platform}", layout.display()));
        let mut entries = folder.entries()?;
        entries.retain(|entry| !entry.is_about_another());
        let first = entries.first().ok_or_else(absent)?.descriptor.clone();
        entries.retain(|entry| entry.descriptor.digest() == first.digest());
        let mut manifest = Manifest::parse(&folder.read(&first)?)?;
        if manifest.config.is_none() {
            let mut images = manifest.manifests.iter();
            let image = images
                .find(|image| is_for(image, platform))
                .ok_or_else(absent)?;
            manifest = Manifest::parse(&folder.read(image)?)?;
        }
        let config = manifest.config.ok_or_else(absent)?;
        let text = folder.read(&config)?;
        let parsed: ImageConfiguration = serde_json::from_slice(&text)
            .map_err(|error| Fault::new(format!("{}: {error}", config.digest())))?;
        let diff_ids = parsed.rootfs().diff_ids().iter().cloned();
        Ok(Self {
            tags: entries.into_iter().filter_map(|entry| entry.name).collect(),
            configuration: text.to_vec(),
            id: config.digest().digest().to_owned(),
            layers: manifest.layers.into_iter().zip(diff_ids).collect(),
        })
    }

    fn pack<W: Write>(
        &self,
        layout: &Path,
        name: &str,
        archive: &mut tar::Builder<W>,
    ) -> std::io::Result<()> {
        let mut files = Vec::new();
        for (layer, diff_id) in &self.layers {
            let mut unpacked = unpacked(layout, layer, diff_id)?;
            let file = format!("{}.tar", hex_of(diff_id));
            let length = unpacked.metadata()?.len();
            append(archive, &file, (length, &mut unpacked))?;
            files.push(file);
        }
        let configuration = format!("{}.json", self.id);
        let names: Vec<_> = self
            .tags
            .iter()
            .map(|tag| format!("{name}:{tag}"))
            .collect();
        let manifest = json!([{"Config": configuration, "Layers": files, "RepoTags": names}]);
        let manifest = manifest.to_string();
        for (file, contents) in [
            (&*configuration, &*self.configuration),
            ("manifest.json", manifest.as_bytes()),
        ] {
            append(archive, file, (contents.len() as u64, &mut &*contents))?;
        }
        Ok(())
    }
}

fn is_for(image: &Descriptor, platform: Platform) -> bool {
    image.platform().as_ref().is_some_and(|of| {
        *of.os() == Os::Linux && *of.architecture() == platform.architecture().into()
    })
}

fn append<W: Write>(
    archive: &mut tar::Builder<W>,
    name: &str,
    (length, contents): (u64, &mut dyn Read),
) -> std::io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mode(0o644);
    header.set_size(length);
    archive.append_data(&mut header, name, contents)
}

/// A layer without its compression, at its beginning; its digest is verified.
fn unpacked(layout: &Path, layer: &Descriptor, diff_id: &str) -> std::io::Result<File> {
    let packed = File::open(blob_path(layout, layer))?;
    let mut packed: Box<dyn Read> = match layer.media_type() {
        MediaType::ImageLayerGzip => Box::new(GzDecoder::new(packed)),
        MediaType::ImageLayer => Box::new(packed),
        other => {
            let sentence =
                format!("the base has a layer of type {other}, which is not unpacked here");
            return Err(std::io::Error::other(sentence));
        }
    };
    let mut unpacked = tempfile::tempfile()?;
    std::io::copy(&mut packed, &mut unpacked)?;
    unpacked.rewind()?;
    let mut digest = Hashing(Sha256::new());
    std::io::copy(&mut unpacked, &mut digest)?;
    if hex::encode(digest.0.finalize()) != hex_of(diff_id) {
        return Err(std::io::Error::other(format!(
            "{} is not {diff_id}",
            layer.digest()
        )));
    }
    unpacked.rewind()?;
    Ok(unpacked)
}

struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn hex_of(digest: &str) -> &str {
    digest.split_once(':').map_or(digest, |(_, hex)| hex)
}
