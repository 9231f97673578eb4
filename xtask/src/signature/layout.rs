use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use oci_spec::image::{Descriptor, ImageIndex, ImageManifestBuilder, MediaType};
use serde_json::json;

use super::{SigningKey, Statement, Subject, dsse, simple_signing};
use crate::Failure;
use crate::failure::Result;
use crate::image::Layout;
use crate::registry::NAME;

/// What is said of an image: of all of it, and of one architecture's.
pub(crate) struct Attested<'a> {
    pub(crate) of_all: Vec<Statement>,
    pub(crate) of: &'a dyn Fn(&str) -> Result<Vec<Statement>>,
}

/// Signs the image in a layout: its index and each manifest of it, as `cosign sign
/// --recursive` does, and attests what is said of them.
///
/// Signatures are more named entries of the layout, by the tags that cosign looks for:
/// whoever copies every named entry copies them, too. `identity` is the name that the
/// image is signed as, wherever it will be.
pub(crate) fn sign_layout(
    folder: &Path,
    key: &SigningKey,
    identity: &str,
    attested: &Attested<'_>,
) -> Result {
    let layout = Layout::open(folder);
    let mut index: ImageIndex = layout.read_json("index.json")?;
    let image = image(&index)?;
    let inner: ImageIndex = layout.read_json(&path(&image))?;
    let signing = Signing {
        layout,
        key,
        identity,
    };
    let mut named = BTreeMap::new();
    signing.both(&image, &attested.of_all, &mut named)?;
    for manifest in inner.manifests() {
        let platform = manifest.platform().as_ref();
        let architecture = platform.map(|it| it.architecture().to_string());
        let statements = (attested.of)(&architecture.unwrap_or_default())?;
        let all = [&attested.of_all[..], &statements].concat();
        signing.both(manifest, &all, &mut named)?;
    }
    let mut entries = index.manifests().clone();
    entries.retain(|it| name(it).is_none_or(|name| !named.contains_key(name)));
    entries.extend(named.into_values());
    index.set_manifests(entries);
    signing.layout.write_json("index.json", &index)
}

struct Signing<'a> {
    layout: Layout,
    key: &'a SigningKey,
    identity: &'a str,
}

impl Signing<'_> {
    /// The signature of a manifest, and what is said of it.
    fn both(
        &self,
        of: &Descriptor,
        statements: &[Statement],
        named: &mut BTreeMap<String, Descriptor>,
    ) -> Result {
        let signature = self.signature(of)?;
        named.insert(tag(of, "sig"), self.manifest(of, "sig", &[signature])?);
        if statements.is_empty() {
            return Ok(());
        }
        let layers = statements.iter().map(|it| self.attestation(of, it));
        let layers = layers.collect::<Result<Vec<_>>>()?;
        named.insert(tag(of, "att"), self.manifest(of, "att", &layers)?);
        Ok(())
    }

    fn signature(&self, of: &Descriptor) -> Result<Descriptor> {
        let payload = simple_signing::payload(self.identity, of.digest().as_ref());
        let signature = BASE64_STANDARD.encode(self.key.sign(&payload)?);
        let media_type = MediaType::Other(simple_signing::MEDIA_TYPE.to_owned());
        let mut layer = self.layout.blob(&payload, media_type)?;
        layer.set_annotations(Some(HashMap::from([(SIGNATURE.to_owned(), signature)])));
        Ok(layer)
    }

    fn attestation(&self, of: &Descriptor, statement: &Statement) -> Result<Descriptor> {
        let subject = Subject {
            name: self.identity.to_owned(),
            sha256: of.digest().digest().to_owned(),
        };
        let envelope = statement.signed(&[subject], self.key)?;
        let media_type = MediaType::Other(dsse::MEDIA_TYPE.to_owned());
        let mut layer = self.layout.blob(&envelope, media_type)?;
        // The envelope has the signature; its place here stays empty.
        layer.set_annotations(Some(HashMap::from([
            (SIGNATURE.to_owned(), String::new()),
            (
                "predicateType".to_owned(),
                statement.predicate_type.to_owned(),
            ),
        ])));
        Ok(layer)
    }

    fn manifest(&self, of: &Descriptor, suffix: &str, layers: &[Descriptor]) -> Result<Descriptor> {
        let digests: Vec<_> = layers.iter().map(|it| it.digest().to_string()).collect();
        // Registries of before OCI 1.1 take nothing but the configuration of an image.
        let configuration = json!({
            "architecture": "",
            "config": {},
            "os": "",
            "rootfs": { "type": "layers", "diff_ids": digests },
        });
        let configuration = self.layout.json(&configuration, MediaType::ImageConfig)?;
        let manifest = ImageManifestBuilder::default()
            .schema_version(2_u32)
            .media_type(MediaType::ImageManifest)
            .config(configuration)
            .layers(layers)
            .build();
        let manifest = manifest.map_err(|error| Failure::new(format!("a signature: {error}")))?;
        let mut entry = self.layout.json(&manifest, MediaType::ImageManifest)?;
        let name = (NAME.to_owned(), tag(of, suffix));
        entry.set_annotations(Some(HashMap::from([name])));
        Ok(entry)
    }
}

/// Where cosign looks for what belongs to a manifest.
fn tag(of: &Descriptor, suffix: &str) -> String {
    format!("sha256-{}.{suffix}", of.digest().digest())
}

/// The one entry that is an index.
fn image(index: &ImageIndex) -> Result<Descriptor> {
    let mut entries = index.manifests().iter();
    let found = entries.find(|it| *it.media_type() == MediaType::ImageIndex);
    found
        .cloned()
        .ok_or_else(|| Failure::new("the layout has no image to sign"))
}

fn name(entry: &Descriptor) -> Option<&str> {
    entry.annotations().as_ref()?.get(NAME).map(String::as_str)
}

fn path(of: &Descriptor) -> String {
    format!("blobs/sha256/{}", of.digest().digest())
}

/// The annotation of a layer that has its signature.
pub(crate) const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

#[cfg(test)]
mod tests {
    use p256::ecdsa::Signature;
    use p256::ecdsa::signature::Verifier as _;
    use serde_json::Value;

    use super::super::key::tests::known;
    use super::*;

    fn sign(folder: &Path) {
        let statement = |predicate_type| Statement {
            predicate_type,
            predicate: json!({}),
        };
        let of = |architecture: &str| match architecture {
            "amd64" => Ok(vec![statement("https://cyclonedx.org/bom")]),
            _ => Ok(Vec::new()),
        };
        let attested = Attested {
            of_all: vec![statement("https://slsa.dev/provenance/v1")],
            of: &of,
        };
        sign_layout(folder, &known(), "iamra", &attested).unwrap();
    }

    fn read(folder: &Path, digest: &str) -> Vec<u8> {
        let name = digest.strip_prefix("sha256:").unwrap();
        std::fs::read(folder.join("blobs/sha256").join(name)).unwrap()
    }

    /// The manifest of an entry, by its name.
    fn named(folder: &Path, name: &str) -> Value {
        let index: ImageIndex = Layout::open(folder).read_json("index.json").unwrap();
        let mut entries = index.manifests().iter();
        let entry = entries.find(|it| super::name(it) == Some(name)).unwrap();
        serde_json::from_slice(&read(folder, entry.digest().as_ref())).unwrap()
    }

    #[test]
    fn the_index_and_each_image_are_signed_and_attested() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let digest = crate::image::written_sample(folder);
        sign(folder);
        let tag = |digest: &str, suffix| format!("{}.{suffix}", digest.replace(':', "-"));
        let image: Value = serde_json::from_slice(&read(folder, &digest)).unwrap();
        let [amd64, arm64] = [0, 1].map(|at| image["manifests"][at]["digest"].as_str().unwrap());
        for (digest, statements) in [(&*digest, 1), (amd64, 2), (arm64, 1)] {
            let manifest = named(folder, &tag(digest, "sig"));
            let layer = &manifest["layers"][0];
            let payload = read(folder, layer["digest"].as_str().unwrap());
            assert_eq!(payload, simple_signing::payload("iamra", digest));
            let signature = layer["annotations"][SIGNATURE].as_str().unwrap();
            let signature = BASE64_STANDARD.decode(signature).unwrap();
            let signature = Signature::from_der(&signature).unwrap();
            known().public_key().verify(&payload, &signature).unwrap();
            let another = simple_signing::payload("iamra", "sha256:0");
            known()
                .public_key()
                .verify(&another, &signature)
                .unwrap_err();
            let attested = named(folder, &tag(digest, "att"));
            assert_eq!(attested["layers"].as_array().unwrap().len(), statements);
        }
    }

    #[test]
    fn who_signs_twice_has_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        crate::image::written_sample(folder);
        let index = || std::fs::read(folder.join("index.json")).unwrap();
        sign(folder);
        let first = index();
        sign(folder);
        assert_eq!(first, index());
        let image = &serde_json::from_slice::<Value>(&first).unwrap()["manifests"][0];
        assert_eq!(image["annotations"][NAME], "latest");
    }

    #[test]
    fn a_folder_without_image_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let attested = Attested {
            of_all: Vec::new(),
            of: &|_| Ok(Vec::new()),
        };
        let failure = sign_layout(folder.path(), &known(), "iamra", &attested).unwrap_err();
        assert!(failure.to_string().contains("index.json"), "{failure}");
    }
}
