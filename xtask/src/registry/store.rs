use bytes::Bytes;
use futures_util::StreamExt as _;
use oci_client::RegistryOperation;
use oci_spec::image::{Descriptor, DescriptorBuilder};

use super::progress::Progress;
use super::remote::{Body, Remote};
use super::retry::retried;
use super::tree::{LARGEST, media_type};
use super::{Caller, Entry, Fault, Folder, Place};

/// Where images are read and written, by their digests.
pub(crate) enum Store {
    Folder(Folder),
    Remote(Remote),
}

impl Store {
    /// To read what is there.
    pub(crate) async fn source(place: &Place, caller: &Caller) -> Result<Self, Fault> {
        match place {
            Place::Folder { path, .. } => Ok(Self::Folder(Folder::open(path)?)),
            Place::Registry(repository) => {
                let remote = Remote::new(repository, caller)?;
                retried(|| remote.log_in(RegistryOperation::Pull)).await?;
                Ok(Self::Remote(remote))
            }
        }
    }

    /// To write, and to read what is there already.
    pub(crate) async fn target(place: &Place, caller: &Caller) -> Result<Self, Fault> {
        match place {
            Place::Folder { path, .. } => Ok(Self::Folder(Folder::create(path)?)),
            Place::Registry(repository) => {
                let remote = Remote::new(repository, caller)?;
                retried(|| remote.log_in(RegistryOperation::Pull)).await?;
                retried(|| remote.log_in(RegistryOperation::Push)).await?;
                Ok(Self::Remote(remote))
            }
        }
    }

    /// What a name, a tag or a digest, stands for.
    pub(crate) async fn find(&self, name: &str) -> Result<Option<Descriptor>, Fault> {
        match self {
            Self::Folder(folder) => {
                let entries = folder.entries()?.into_iter();
                let mut named = entries.filter(|entry| {
                    let digest = entry.descriptor.digest().to_string();
                    entry.name.as_deref() == Some(name) || digest == name
                });
                Ok(named.next().map(|entry| entry.descriptor))
            }
            Self::Remote(remote) => {
                if remote.digest_of(name).await?.is_none() {
                    return Ok(None);
                }
                let (contents, digest) = remote.manifest(name).await?;
                describe(&contents, &digest).map(Some)
            }
        }
    }

    pub(super) fn is_folder(&self) -> bool {
        matches!(self, Self::Folder(_))
    }

    /// The digest that a tag stands for.
    pub(super) async fn digest_of(&self, tag: &str) -> Result<Option<String>, Fault> {
        match self {
            Self::Folder(_) => Ok(self.find(tag).await?.map(|it| it.digest().to_string())),
            Self::Remote(remote) => remote.digest_of(tag).await,
        }
    }

    pub(crate) async fn manifest(&self, descriptor: &Descriptor) -> Result<Bytes, Fault> {
        if descriptor.size() > LARGEST {
            return Err(too_large(descriptor.digest()));
        }
        match self {
            Self::Folder(folder) => folder.read(descriptor),
            Self::Remote(remote) => {
                let digest = descriptor.digest().to_string();
                Ok(remote.manifest(&digest).await?.0)
            }
        }
    }

    pub(crate) async fn blob(&self, blob: &Descriptor) -> Result<Body, Fault> {
        match self {
            Self::Folder(folder) => folder.stream(blob),
            Self::Remote(remote) => {
                let body = remote.blob(blob.digest().as_ref()).await?;
                Ok(bounded(body, blob.size()))
            }
        }
    }

    pub(super) async fn has_blob(&self, blob: &Descriptor) -> Result<bool, Fault> {
        match self {
            Self::Folder(folder) => Ok(folder.has(blob)),
            Self::Remote(remote) => remote.has_blob(blob.digest().as_ref()).await,
        }
    }

    pub(super) async fn has_manifest(&self, manifest: &Descriptor) -> Result<bool, Fault> {
        match self {
            Self::Folder(folder) => Ok(folder.has(manifest)),
            Self::Remote(remote) => {
                let found = remote.digest_of(manifest.digest().as_ref()).await?;
                Ok(found.is_some())
            }
        }
    }

    pub(super) async fn put_blob(
        &self,
        blob: &Descriptor,
        body: Body,
        progress: &Progress,
    ) -> Result<(), Fault> {
        match self {
            Self::Folder(folder) => folder.put(blob, body).await,
            Self::Remote(remote) => remote.put_blob(blob, body, progress).await,
        }
    }

    pub(super) async fn put_manifest(
        &self,
        manifest: &Descriptor,
        contents: &Bytes,
    ) -> Result<(), Fault> {
        match self {
            Self::Folder(folder) => folder.write(manifest, contents),
            Self::Remote(remote) => {
                let (name, contents) = (manifest.digest().to_string(), contents.clone());
                let media_type = manifest.media_type().to_string();
                remote.put_manifest(&name, contents, &media_type).await
            }
        }
    }

    /// Names what is there.
    pub(super) async fn name(&self, entry: &Entry, contents: &Bytes) -> Result<(), Fault> {
        match (self, &entry.name) {
            (Self::Folder(folder), _) => folder.name(entry),
            (Self::Remote(remote), Some(name)) => {
                let media_type = entry.descriptor.media_type().to_string();
                remote
                    .put_manifest(name, contents.clone(), &media_type)
                    .await
            }
            (Self::Remote(_), None) => Ok(()),
        }
    }

    /// What refers to this digest as its subject, as far as the place knows.
    pub(super) async fn referrers(&self, digest: &str) -> Result<Vec<Descriptor>, Fault> {
        match self {
            Self::Folder(folder) => folder.referrers(digest),
            Self::Remote(remote) => remote.referrers(digest).await,
        }
    }
}

impl std::fmt::Display for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.path().display()),
            Self::Remote(remote) => write!(f, "{}", remote.repository()),
        }
    }
}

/// It ends with an error where more comes than there is: no disk is filled by a stranger.
fn bounded(body: Body, size: u64) -> Body {
    let mut left = size;
    let parts = body.map(move |part| {
        let part = part?;
        let rest = left.checked_sub(part.len() as u64);
        left = rest.ok_or_else(|| std::io::Error::other(format!("more than its {size} bytes")))?;
        Ok(part)
    });
    parts.boxed()
}

pub(super) fn too_large(name: impl std::fmt::Display) -> Fault {
    Fault::new(format!("{name}: a manifest of more than {LARGEST} bytes"))
}

/// A manifest that came with no more than its digest.
fn describe(contents: &Bytes, digest: &str) -> Result<Descriptor, Fault> {
    let failed = |error: &dyn std::fmt::Display| Fault::new(format!("{digest}: {error}"));
    let parsed: oci_spec::image::Digest = digest.parse().map_err(|error| failed(&error))?;
    let descriptor = DescriptorBuilder::default()
        .media_type(media_type(contents)?)
        .digest(parsed)
        .size(contents.len() as u64)
        .build();
    descriptor.map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;

    #[test]
    fn no_more_is_taken_than_was_said() {
        let taken = |size| {
            let parts = ["ab", "cd"].map(|part| Ok(Bytes::from(part)));
            let body = futures_util::stream::iter(parts).boxed();
            let all = bounded(body, size).try_collect::<Vec<Bytes>>();
            futures_util::FutureExt::now_or_never(all).unwrap()
        };
        assert_eq!(taken(4).unwrap().concat(), b"abcd");
        let error = taken(3).unwrap_err().to_string();
        assert_eq!(error, "more than its 3 bytes");
    }
}
