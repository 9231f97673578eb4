use oci_spec::image::{Descriptor, ImageIndexBuilder, MediaType};
use sha2::{Digest as _, Sha256};

use super::retry::retried;
use super::tree::Manifest;
use super::{Entry, Fault, Store, Tree};

/// Files what has a subject under that, where the registry does not do it by itself.
///
/// [Referrers tag schema](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema)
pub(super) async fn file(to: &Store, tree: &Tree) -> Result<(), Fault> {
    if to.is_folder() {
        return Ok(());
    }
    for (descriptor, contents) in &tree.manifests {
        let manifest = Manifest::parse(contents)?;
        let Some(subject) = &manifest.subject else {
            continue;
        };
        let subject = subject.digest().to_string();
        let mut known = retried(|| to.referrers(&subject)).await?;
        if known.iter().all(|it| it.digest() != descriptor.digest()) {
            known.push(described(descriptor, &manifest));
            write(to, &subject, known).await?;
        }
    }
    Ok(())
}

/// The tag under which the schema files what refers to a digest.
pub(super) fn tag(digest: &str) -> String {
    digest.replace(':', "-")
}

/// As the list of referrers has it.
fn described(descriptor: &Descriptor, manifest: &Manifest) -> Descriptor {
    let mut described = descriptor.clone();
    let config = manifest.config.as_ref().map(Descriptor::media_type);
    let artifact_type = manifest.artifact_type.as_ref().or(config);
    described.set_artifact_type(artifact_type.cloned());
    described.set_annotations(manifest.annotations.clone());
    described
}

async fn write(to: &Store, subject: &str, known: Vec<Descriptor>) -> Result<(), Fault> {
    let failed = |error: &dyn std::fmt::Display| Fault::new(format!("referrers: {error}"));
    let index = ImageIndexBuilder::default()
        .schema_version(2_u32)
        .media_type(MediaType::ImageIndex)
        .manifests(known)
        .build();
    let mut value = index
        .map_err(|error| failed(&error))
        .and_then(|index| serde_json::to_value(index).map_err(|error| failed(&error)))?;
    value.sort_all_objects();
    let contents = bytes::Bytes::from(value.to_string());
    let digest = format!("sha256:{}", hex::encode(Sha256::digest(&contents)));
    let digest: oci_spec::image::Digest = digest.parse().map_err(|error| failed(&error))?;
    let descriptor = Descriptor::new(MediaType::ImageIndex, contents.len() as u64, digest);
    let entry = Entry {
        name: Some(tag(subject)),
        descriptor,
    };
    retried(|| to.name(&entry, &contents)).await
}
