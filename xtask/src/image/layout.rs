use std::collections::HashMap;
use std::path::{Path, PathBuf};

use oci_spec::image::{
    ConfigBuilder, Descriptor, DescriptorBuilder, HistoryBuilder, ImageConfigurationBuilder,
    ImageIndexBuilder, ImageManifestBuilder, MediaType, Os, PlatformBuilder, RootFsBuilder,
};
use serde::Serialize;

use super::About;
use super::layer::{Layer, digest};
use super::platform::Platform;
use crate::Failure;
use crate::failure::Result;

/// An image layout that is being written.
///
/// [OCI image layout](https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md)
pub(crate) struct Layout {
    folder: PathBuf,
    manifests: Vec<Descriptor>,
}

impl Layout {
    /// In this folder, where there may be an earlier one.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| Failure::file(folder, &error);
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(failed)?;
        }
        std::fs::create_dir_all(folder.join("blobs/sha256")).map_err(failed)?;
        Ok(Self {
            folder: folder.to_owned(),
            manifests: Vec::new(),
        })
    }

    /// Adds the image of a platform.
    pub(crate) fn add(&mut self, platform: Platform, layer: &Layer, about: &About) -> Result {
        let layer_descriptor = self.blob(&layer.compressed, MediaType::ImageLayerGzip)?;
        let configuration = configuration(platform, layer, about)?;
        let configuration = self.json(&configuration, MediaType::ImageConfig)?;
        let manifest = ImageManifestBuilder::default()
            .schema_version(2_u32)
            .media_type(MediaType::ImageManifest)
            .config(configuration)
            .layers([layer_descriptor])
            .annotations(labels(about))
            .build()
            .map_err(|error| unbuilt(&error))?;
        let mut manifest = self.json(&manifest, MediaType::ImageManifest)?;
        let platform = PlatformBuilder::default()
            .os(Os::Linux)
            .architecture(platform.architecture())
            .build()
            .map_err(|error| unbuilt(&error))?;
        manifest.set_platform(Some(platform));
        self.manifests.push(manifest);
        Ok(())
    }

    /// Writes the index over all of them; returns its digest.
    pub(crate) fn finish(self, tag: &str, about: &About) -> Result<String> {
        let index = ImageIndexBuilder::default()
            .schema_version(2_u32)
            .media_type(MediaType::ImageIndex)
            .manifests(self.manifests.clone())
            .annotations(labels(about))
            .build()
            .map_err(|error| unbuilt(&error))?;
        let mut index = self.json(&index, MediaType::ImageIndex)?;
        let digest = index.digest().to_string();
        let name = (
            "org.opencontainers.image.ref.name".to_owned(),
            tag.to_owned(),
        );
        index.set_annotations(Some(HashMap::from([name])));
        let entry = ImageIndexBuilder::default()
            .schema_version(2_u32)
            .media_type(MediaType::ImageIndex)
            .manifests([index])
            .build()
            .map_err(|error| unbuilt(&error))?;
        self.write("index.json", &text(&entry)?)?;
        self.write("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        Ok(digest)
    }

    fn json(&self, document: &impl Serialize, media_type: MediaType) -> Result<Descriptor> {
        self.blob(&text(document)?, media_type)
    }

    fn blob(&self, contents: &[u8], media_type: MediaType) -> Result<Descriptor> {
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

    fn write(&self, name: &str, contents: &[u8]) -> Result {
        let path = self.folder.join(name);
        std::fs::write(&path, contents).map_err(|error| Failure::file(&path, &error))
    }
}

fn configuration(
    platform: Platform,
    layer: &Layer,
    about: &About,
) -> Result<oci_spec::image::ImageConfiguration> {
    let config = ConfigBuilder::default()
        .user("65534:65534")
        .working_dir("/home/nobody")
        .env([
            "PATH=/usr/local/bin:/".to_owned(),
            "HOME=/home/nobody".to_owned(),
        ])
        .entrypoint(["/iamra".to_owned()])
        .labels(labels(about))
        .build()
        .map_err(|error| unbuilt(&error))?;
    let history = HistoryBuilder::default()
        .created(about.created())
        .created_by("cargo xtask image")
        .build()
        .map_err(|error| unbuilt(&error))?;
    let files = RootFsBuilder::default()
        .typ("layers")
        .diff_ids([layer.diff_id.clone()])
        .build()
        .map_err(|error| unbuilt(&error))?;
    ImageConfigurationBuilder::default()
        .created(about.created())
        .os(Os::Linux)
        .architecture(platform.architecture())
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
    let failed = |error: serde_json::Error| Failure::new(format!("the image's JSON: {error}"));
    let mut value = serde_json::to_value(document).map_err(failed)?;
    value.sort_all_objects();
    serde_json::to_vec(&value).map_err(failed)
}

fn unbuilt(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("the image's description: {error}"))
}

const DESCRIPTION: &str = "Vault certificates into AWS credentials, without long-lived keys";

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::layer::layer;
    use super::super::root::Root;
    use super::*;

    fn written(folder: &Path) -> String {
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
            layout.add(platform, &layer.unwrap(), &about).unwrap();
        }
        layout.finish("latest", &about).unwrap()
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
