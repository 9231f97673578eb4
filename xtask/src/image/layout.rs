use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use oci_spec::image::{
    Config, ConfigBuilder, Descriptor, DescriptorBuilder, HistoryBuilder,
    ImageConfigurationBuilder, ImageIndexBuilder, ImageManifestBuilder, MediaType, Os,
    PlatformBuilder, RootFsBuilder,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::About;
use super::base::Base;
use super::layer::{Layer, digest};
use super::platform::Platform;
use crate::Failure;
use crate::failure::Result;
use crate::registry::{NAME, blob_path};

/// The image of one platform.
pub(crate) struct Image<'a> {
    pub(crate) platform: Platform,
    pub(crate) layer: &'a Layer,
    pub(crate) base: Option<&'a Base>,
}

/// An image layout that is being written.
///
/// [OCI image layout](https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md)
pub(crate) struct Layout {
    folder: PathBuf,
    manifests: Vec<Descriptor>,
}

impl Layout {
    /// In this folder, where there may be an earlier one, and nothing else.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| Failure::file(folder, &error);
        if folder.exists() {
            let is_empty = std::fs::read_dir(folder).map_err(failed)?.next().is_none();
            if !is_empty && !folder.join("oci-layout").is_file() {
                let sentence = "there is something else than an image layout: name another folder";
                return Err(Failure::new(format!("{}: {sentence}", folder.display())));
            }
            std::fs::remove_dir_all(folder).map_err(failed)?;
        }
        std::fs::create_dir_all(folder.join("blobs/sha256")).map_err(failed)?;
        Ok(Self {
            folder: folder.to_owned(),
            manifests: Vec::new(),
        })
    }

    /// One that is written already: for what is added to it.
    pub(crate) fn open(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            manifests: Vec::new(),
        }
    }

    /// Adds the image of a platform.
    pub(crate) fn add(&mut self, image: &Image<'_>, about: &About) -> Result {
        let mut configuration = value(&configuration(image, about)?)?;
        let mut layers = Vec::new();
        let mut annotations = labels(about);
        if let Some(base) = image.base {
            configuration = base.with(&configuration);
            layers.clone_from(&base.layers);
            annotations.extend(base.annotations());
            for layer in &layers {
                self.copy(base, layer)?;
            }
        }
        layers.push(self.blob(&image.layer.compressed, MediaType::ImageLayerGzip)?);
        let configuration = self.json(&configuration, MediaType::ImageConfig)?;
        let manifest = ImageManifestBuilder::default()
            .schema_version(2_u32)
            .media_type(MediaType::ImageManifest)
            .config(configuration)
            .layers(layers)
            .annotations(annotations)
            .build()
            .map_err(|error| unbuilt(&error))?;
        let mut manifest = self.json(&manifest, MediaType::ImageManifest)?;
        let platform = PlatformBuilder::default()
            .os(Os::Linux)
            .architecture(image.platform.architecture())
            .build()
            .map_err(|error| unbuilt(&error))?;
        manifest.set_platform(Some(platform));
        self.manifests.push(manifest);
        Ok(())
    }

    /// Writes the index over all of them, under these names; returns its digest.
    pub(crate) fn finish(self, tags: &[String], about: &About) -> Result<String> {
        let index = ImageIndexBuilder::default()
            .schema_version(2_u32)
            .media_type(MediaType::ImageIndex)
            .manifests(self.manifests.clone())
            .annotations(labels(about))
            .build()
            .map_err(|error| unbuilt(&error))?;
        let index = self.json(&index, MediaType::ImageIndex)?;
        let digest = index.digest().to_string();
        let named = tags.iter().map(|tag| {
            let mut index = index.clone();
            index.set_annotations(Some(HashMap::from([(NAME.to_owned(), tag.clone())])));
            index
        });
        let entries = ImageIndexBuilder::default()
            .schema_version(2_u32)
            .media_type(MediaType::ImageIndex)
            .manifests(named.collect::<Vec<_>>())
            .build()
            .map_err(|error| unbuilt(&error))?;
        self.write_json("index.json", &entries)?;
        self.write("index.json", &text(&entries)?)?;
        self.write("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        Ok(digest)
    }

    /// Adds a document.
    pub(crate) fn json(
        &self,
        document: &impl Serialize,
        media_type: MediaType,
    ) -> Result<Descriptor> {
        self.blob(&text(document)?, media_type)
    }

    /// Adds contents, which nothing names yet.
    pub(crate) fn blob(&self, contents: &[u8], media_type: MediaType) -> Result<Descriptor> {
        let digest = digest(contents);
        let (_, name) = digest.split_once(':').unwrap_or_default();
        self.write(&format!("blobs/sha256/{name}"), contents)?;
        let digest: oci_spec::image::Digest = digest.parse().map_err(|error| unbuilt(&error))?;
        DescriptorBuilder::default()
            .media_type(media_type)
            .size(contents.len() as u64)
            .digest(digest)
            .build()
            .map_err(|error| unbuilt(&error))
    }

    pub(crate) fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        let path = self.folder.join(name);
        let text = std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
        serde_json::from_slice(&text).map_err(|error| Failure::file(&path, &error.into()))
    }

    pub(crate) fn write_json(&self, name: &str, document: &impl Serialize) -> Result {
        self.write(name, &text(document)?)
    }

    /// A layer of the base, which stays as it is.
    fn copy(&self, base: &Base, layer: &Descriptor) -> Result {
        let (from, to) = (
            blob_path(&base.folder, layer),
            blob_path(&self.folder, layer),
        );
        let failed = |error| Failure::file(&from, &error);
        let mut input = std::fs::File::open(&from).map_err(failed)?;
        let mut output = std::fs::File::create(&to).map_err(failed)?;
        if copied(&mut input, &mut output).map_err(failed)? == layer.digest().digest() {
            return Ok(());
        }
        let from = from.display();
        Err(Failure::new(format!("{from} is not what its name says")))
    }

    fn write(&self, name: &str, contents: &[u8]) -> Result {
        let path = self.folder.join(name);
        std::fs::write(&path, contents).map_err(|error| Failure::file(&path, &error))
    }
}

/// Copies it; the digest of what was copied, in hexadecimal.
fn copied(input: &mut impl Read, output: &mut impl Write) -> std::io::Result<String> {
    let mut digest = Sha256::new();
    let mut part = vec![0; 64 * 1024];
    loop {
        let length = input.read(&mut part)?;
        if length == 0 {
            return Ok(hex::encode(digest.finalize()));
        }
        digest.update(&part[..length]);
        output.write_all(&part[..length])?;
    }
}

/// How it runs.
pub(super) fn config(labels: HashMap<String, String>) -> Result<Config> {
    ConfigBuilder::default()
        .user("65534:65534")
        .working_dir("/home/nobody")
        .env([
            "PATH=/usr/local/bin:/".to_owned(),
            "HOME=/home/nobody".to_owned(),
        ])
        .entrypoint(["/iamra".to_owned()])
        .labels(labels)
        .build()
        .map_err(|error| unbuilt(&error))
}

fn configuration(image: &Image<'_>, about: &About) -> Result<oci_spec::image::ImageConfiguration> {
    let config = config(labels(about))?;
    let history = HistoryBuilder::default()
        .created(about.created())
        .created_by("cargo xtask image")
        .build()
        .map_err(|error| unbuilt(&error))?;
    let files = RootFsBuilder::default()
        .typ("layers")
        .diff_ids([image.layer.diff_id.clone()])
        .build()
        .map_err(|error| unbuilt(&error))?;
    ImageConfigurationBuilder::default()
        .created(about.created())
        .os(Os::Linux)
        .architecture(image.platform.architecture())
        .config(config)
        .history([history])
        .rootfs(files)
        .build()
        .map_err(|error| unbuilt(&error))
}

/// [Pre-defined annotation keys](https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md)
fn labels(about: &About) -> HashMap<String, String> {
    [
        ("title", "iamra"),
        ("description", DESCRIPTION),
        ("licenses", env!("CARGO_PKG_LICENSE")),
        ("source", env!("CARGO_PKG_REPOSITORY")),
        ("version", about.version),
        ("revision", &about.revision),
        ("created", &about.created()),
    ]
    .map(|(name, value)| (format!("org.opencontainers.image.{name}"), value.to_owned()))
    .into()
}

/// As JSON, with its members in one order.
fn text(document: &impl Serialize) -> Result<Vec<u8>> {
    let mut value = value(document)?;
    value.sort_all_objects();
    serde_json::to_vec(&value).map_err(|error| unbuilt(&error))
}

fn value(document: &impl Serialize) -> Result<Value> {
    serde_json::to_value(document).map_err(|error| unbuilt(&error))
}

fn unbuilt(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("the image's description: {error}"))
}

const DESCRIPTION: &str = "Vault certificates into AWS credentials, without long-lived keys";

#[cfg(test)]
pub(crate) mod tests {
    use super::super::layer::layer;
    use super::super::root::Root;
    use super::*;

    /// A small image of both platforms.
    pub(crate) fn written(folder: &Path) -> String {
        let about = About {
            time: 1_800_000_000,
            revision: "abc".to_owned(),
            version: "1.2.3",
        };
        let mut layout = Layout::new(folder).unwrap();
        for platform in [Platform::Amd64, Platform::Arm64] {
            let layer = layer(&Root::new(
                platform.to_string().into_bytes(),
                Vec::new(),
                about.time,
            ));
            let layer = &layer.unwrap();
            let base = None;
            layout
                .add(
                    &Image {
                        platform,
                        layer,
                        base,
                    },
                    &about,
                )
                .unwrap();
        }
        layout
            .finish(&["latest".to_owned(), "1.2.3".to_owned()], &about)
            .unwrap()
    }

    #[test]
    fn what_is_no_layout_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kept");
        std::fs::write(&file, "").unwrap();
        assert!(Layout::new(folder.path()).is_err());
        assert!(file.exists());
    }

    #[test]
    fn an_index_names_each_platform_and_all_of_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let digest_of_index = written(folder);
        // An earlier one is replaced by the same.
        assert_eq!(written(folder), digest_of_index);
        let blob = |descriptor: &Value| {
            let name = descriptor["digest"].as_str().unwrap();
            let path = folder
                .join("blobs/sha256")
                .join(name.trim_start_matches("sha256:"));
            let contents = std::fs::read(path).unwrap();
            assert_eq!(digest(&contents), name);
            assert_eq!(descriptor["size"], contents.len());
            contents
        };
        let json = |contents: Vec<u8>| serde_json::from_slice::<Value>(&contents).unwrap();
        let entry = json(std::fs::read(folder.join("index.json")).unwrap());
        assert_eq!(entry["manifests"][0]["digest"], digest_of_index);
        for (entry, name) in entry["manifests"]
            .as_array()
            .unwrap()
            .iter()
            .zip(["latest", "1.2.3"])
        {
            assert_eq!(
                (&entry["digest"], &entry["annotations"][NAME]),
                (&digest_of_index.as_str().into(), &name.into())
            );
        }
        let index = json(blob(&entry["manifests"][0]));
        let platforms = index["manifests"].as_array().unwrap();
        assert_eq!(platforms.len(), 2);
        for (platform, architecture) in platforms.iter().zip(["amd64", "arm64"]) {
            assert_eq!(platform["platform"]["architecture"], architecture);
            let manifest = json(blob(platform));
            blob(&manifest["layers"][0]);
            let configuration = json(blob(&manifest["config"]));
            assert_eq!(configuration["architecture"], architecture);
            assert_eq!(configuration["created"], "2027-01-15T08:00:00Z");
            assert_eq!(configuration["config"]["User"], "65534:65534");
            assert_eq!(configuration["config"]["Entrypoint"][0], "/iamra");
        }
    }
}
