use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use oci_spec::image::{Descriptor, MediaType};
use serde::Deserialize;

use super::retry::retried;
use super::{Fault, Store};

/// All that some manifests lead to, each once.
#[derive(Default)]
pub(crate) struct Tree {
    /// Configurations and layers.
    pub(crate) blobs: Vec<Descriptor>,
    /// Indexes and manifests: what is below another comes before it.
    pub(crate) manifests: Vec<(Descriptor, Bytes)>,
}

impl Tree {
    pub(crate) async fn read(store: &Store, roots: &[Descriptor]) -> Result<Self, Fault> {
        let mut tree = Self::default();
        let mut seen = HashSet::new();
        let roots = roots.iter().rev().cloned();
        let mut open: Vec<_> = roots.map(Step::Enter).collect();
        while let Some(step) = open.pop() {
            let descriptor = match step {
                Step::Leave(descriptor, contents) => {
                    tree.manifests.push((descriptor, contents));
                    continue;
                }
                Step::Enter(descriptor) => descriptor,
            };
            if !seen.insert(descriptor.digest().clone()) {
                continue;
            }
            let contents = retried(|| store.manifest(&descriptor)).await?;
            let manifest = Manifest::parse(&contents)?;
            let blobs = manifest.config.into_iter().chain(manifest.layers);
            tree.blobs
                .extend(blobs.filter(|blob| seen.insert(blob.digest().clone())));
            open.push(Step::Leave(descriptor, contents));
            open.extend(manifest.manifests.into_iter().rev().map(Step::Enter));
        }
        Ok(tree)
    }

    pub(super) fn contents(&self, descriptor: &Descriptor) -> Option<&Bytes> {
        let mut manifests = self.manifests.iter();
        let found = manifests.find(|(it, _)| it.digest() == descriptor.digest());
        found.map(|(_, contents)| contents)
    }
}

/// Of a walk that leaves a manifest after all that is below it.
enum Step {
    Enter(Descriptor),
    Leave(Descriptor, Bytes),
}

/// What a manifest, or an index, is over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    media_type: Option<MediaType>,
    #[serde(default)]
    pub(crate) manifests: Vec<Descriptor>,
    pub(crate) config: Option<Descriptor>,
    #[serde(default)]
    pub(crate) layers: Vec<Descriptor>,
    /// What it was said of.
    pub(super) subject: Option<Descriptor>,
    pub(super) artifact_type: Option<MediaType>,
    pub(crate) annotations: Option<HashMap<String, String>>,
}

impl Manifest {
    pub(crate) fn parse(contents: &[u8]) -> Result<Self, Fault> {
        let parsed = serde_json::from_slice(contents);
        parsed.map_err(|error| Fault::new(format!("this is no manifest: {error}")))
    }
}

/// Of a manifest, as registries have it, in bytes.
///
/// [Pushing manifests](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests)
pub(super) const LARGEST: u64 = 4 * 1024 * 1024;

/// As it says itself, or as it must be.
pub(super) fn media_type(contents: &[u8]) -> Result<MediaType, Fault> {
    let manifest = Manifest::parse(contents)?;
    let guessed = if manifest.config.is_some() {
        MediaType::ImageManifest
    } else {
        MediaType::ImageIndex
    };
    Ok(manifest.media_type.unwrap_or(guessed))
}
