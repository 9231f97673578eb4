use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use oci_spec::image::{Descriptor, ImageIndex, ImageIndexBuilder, MediaType};
use sha2::{Digest as _, Sha256};

use super::remote::Body;
use super::store::too_large;
use super::tree::{LARGEST, Manifest};
use super::{Entry, Fault};

/// An image layout in a folder.
///
/// [OCI image layout](https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md)
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// One that is there.
    pub(crate) fn open(path: &Path) -> Result<Self, Fault> {
        if !path.join("oci-layout").is_file() {
            let path = path.display();
            return Err(Fault::new(format!(
                "{path} is no image layout: it has no oci-layout"
            )));
        }
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// One that is there, or a new one.
    pub(super) fn create(path: &Path) -> Result<Self, Fault> {
        let folder = Self {
            path: path.to_owned(),
        };
        let blobs = path.join("blobs/sha256");
        std::fs::create_dir_all(&blobs).map_err(|error| fault(&blobs, &error))?;
        if !path.join("oci-layout").exists() {
            folder.write_index(&[])?;
            folder.replace("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        }
        Ok(folder)
    }

    pub(crate) fn entries(&self) -> Result<Vec<Entry>, Fault> {
        let path = self.path.join("index.json");
        let index = ImageIndex::from_file(&path);
        let index = index.map_err(|error| Fault::new(format!("{}: {error}", path.display())))?;
        Ok(index.manifests().iter().cloned().map(Entry::read).collect())
    }

    pub(super) fn has(&self, descriptor: &Descriptor) -> bool {
        let file = blob_path(&self.path, descriptor).metadata();
        file.is_ok_and(|file| file.len() == descriptor.size())
    }

    /// A small blob as a whole: a manifest, a configuration. Its digest is verified.
    pub(crate) fn read(&self, descriptor: &Descriptor) -> Result<Bytes, Fault> {
        let path = blob_path(&self.path, descriptor);
        let size = path.metadata().map_err(|error| fault(&path, &error))?.len();
        if size > LARGEST {
            return Err(too_large(path.display()));
        }
        let contents = std::fs::read(&path).map_err(|error| fault(&path, &error))?;
        if hex::encode(Sha256::digest(&contents)) != descriptor.digest().digest() {
            return Err(Fault::new(format!(
                "{} is not what its name says",
                path.display()
            )));
        }
        Ok(contents.into())
    }

    /// What is there without a name and has this digest as its subject.
    pub(super) fn referrers(&self, digest: &str) -> Result<Vec<Descriptor>, Fault> {
        let mut found = Vec::new();
        for entry in self.entries()? {
            if entry.name.is_none() {
                let manifest = Manifest::parse(&self.read(&entry.descriptor)?)?;
                let subject = manifest.subject.map(|it| it.digest().to_string());
                found.extend(Some(entry.descriptor).filter(|_| subject.as_deref() == Some(digest)));
            }
        }
        Ok(found)
    }

    /// A blob as it comes; who takes it verifies it.
    pub(crate) fn stream(&self, descriptor: &Descriptor) -> Result<Body, Fault> {
        let path = blob_path(&self.path, descriptor);
        let mut file = std::fs::File::open(&path).map_err(|error| fault(&path, &error))?;
        // What is cut short would be tried again and again.
        if !self.has(descriptor) {
            let size = descriptor.size();
            return Err(Fault::new(format!(
                "{} has not the {size} bytes of its name",
                path.display()
            )));
        }
        let parts = std::iter::from_fn(move || {
            let mut part = vec![0; PART];
            match file.read(&mut part) {
                Ok(0) => None,
                Ok(length) => {
                    part.truncate(length);
                    Some(Ok(part.into()))
                }
                Err(error) => Some(Err(error)),
            }
        });
        Ok(futures_util::stream::iter(parts).boxed())
    }

    /// Writes a blob, which is there as a whole or not at all.
    pub(super) async fn put(&self, blob: &Descriptor, mut body: Body) -> Result<(), Fault> {
        let path = blob_path(&self.path, blob);
        let failed = |error: &std::io::Error| fault(&path, error);
        let mut file = self.beside(&path)?;
        let mut digest = Sha256::new();
        loop {
            let part = body.try_next().await;
            let part =
                part.map_err(|error| Fault::transient(format!("{}: {error}", blob.digest())))?;
            let Some(part) = part else { break };
            digest.update(&part);
            file.write_all(&part).map_err(|error| failed(&error))?;
        }
        if hex::encode(digest.finalize()) != blob.digest().digest() {
            return Err(Fault::transient(format!(
                "{}: other bytes came",
                blob.digest()
            )));
        }
        file.persist(&path).map_err(|error| failed(&error.error))?;
        Ok(())
    }

    pub(super) fn write(&self, descriptor: &Descriptor, contents: &[u8]) -> Result<(), Fault> {
        let path = blob_path(&self.path, descriptor);
        let path = path.strip_prefix(&self.path).unwrap_or(&path);
        self.replace(&path.display().to_string(), contents)
    }

    /// Names an entry; what had its name before has none any more.
    pub(super) fn name(&self, entry: &Entry) -> Result<(), Fault> {
        let mut entries = self.entries()?;
        entries.retain(|other| match (&other.name, &entry.name) {
            (Some(old), Some(new)) => old != new,
            (None, None) => other.descriptor.digest() != entry.descriptor.digest(),
            _ => true,
        });
        entries.push(entry.clone());
        self.write_index(&entries)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn write_index(&self, entries: &[Entry]) -> Result<(), Fault> {
        let manifests: Vec<_> = entries.iter().map(Entry::written).collect();
        let index = ImageIndexBuilder::default()
            .schema_version(2_u32)
            .media_type(MediaType::ImageIndex)
            .manifests(manifests)
            .build();
        let index = index.map_err(|error| Fault::new(error.to_string()))?;
        let text = serde_json::to_value(&index).and_then(|mut value| {
            value.sort_all_objects();
            serde_json::to_vec(&value)
        });
        let text = text.map_err(|error| Fault::new(format!("index.json: {error}")))?;
        self.replace("index.json", &text)
    }

    fn replace(&self, name: &str, contents: &[u8]) -> Result<(), Fault> {
        let path = self.path.join(name);
        let mut file = self.beside(&path)?;
        file.write_all(contents)
            .map_err(|error| fault(&path, &error))?;
        file.persist(&path)
            .map_err(|error| fault(&path, &error.error))?;
        Ok(())
    }

    /// A file that becomes this one when it is whole, as readable as the umask has it.
    fn beside(&self, path: &Path) -> Result<tempfile::NamedTempFile, Fault> {
        let folder = path.parent().unwrap_or(&self.path);
        std::fs::create_dir_all(folder).map_err(|error| fault(folder, &error))?;
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder
            .tempfile_in(folder)
            .map_err(|error| fault(path, &error))
    }
}

/// Where a layout has a blob.
pub(crate) fn blob_path(layout: &Path, descriptor: &Descriptor) -> PathBuf {
    let digest = descriptor.digest();
    let algorithm = digest.algorithm().to_string();
    layout.join("blobs").join(algorithm).join(digest.digest())
}

fn fault(path: &Path, error: &std::io::Error) -> Fault {
    Fault::new(format!("{}: {error}", path.display()))
}

const PART: usize = 64 * 1024;
