use std::path::PathBuf;

use bytes::Bytes;
use oci_spec::image::{Arch, Descriptor, MediaType, Os};
use serde_json::{Value, json};

use super::platform::Platform;
use crate::failure::Result;
use crate::registry::{Caller, Copy, Entry, Fault, Folder, Manifest, Place, Store, wait};
use crate::workspace;

/// The image that ours stands on, of one platform; all of it is in a layout.
pub(crate) struct Base {
    /// The layout.
    pub(super) folder: PathBuf,
    pub(super) layers: Vec<Descriptor>,
    configuration: Value,
    /// What was asked for: of all platforms, where there are several.
    pub(super) digest: String,
    /// Where it came from, if that is a registry.
    pub(super) name: Option<String>,
}

/// Finds the base for each of these platforms, and fetches what is not here yet.
pub(crate) fn bases(place: &Place, platforms: &[Platform], caller: &Caller) -> Result<Vec<Base>> {
    wait(found(place, platforms, caller))
}

async fn found(
    place: &Place,
    platforms: &[Platform],
    caller: &Caller,
) -> std::result::Result<Vec<Base>, Fault> {
    let store = Store::source(place, &caller.without_password()).await?;
    let asked = asked_for(&store, place).await?;
    let mut images = Vec::new();
    for platform in platforms {
        images.push(of_platform(&store, &asked, *platform).await?);
    }
    let folder = match place {
        Place::Folder { path, .. } => path.clone(),
        Place::Registry(_) => fetched(&store, &images).await?,
    };
    let name = match place {
        Place::Registry(repository) => Some(repository.whole()),
        Place::Folder { .. } => None,
    };
    let layout = Folder::open(&folder)?;
    let bases = images.iter().zip(platforms).map(|(image, platform)| {
        let (layers, configuration) = read(&layout, image, *platform)?;
        Ok(Base {
            folder: folder.clone(),
            layers,
            configuration,
            digest: asked.digest().to_string(),
            name: name.clone(),
        })
    });
    bases.collect()
}

/// The image, or the index over all platforms, that the place names.
async fn asked_for(store: &Store, place: &Place) -> std::result::Result<Descriptor, Fault> {
    let name = match place {
        Place::Registry(repository) => repository.image.as_deref().unwrap_or("latest"),
        Place::Folder { tag: Some(tag), .. } => tag,
        Place::Folder { path, .. } => {
            let mut entries = Folder::open(path)?.entries()?;
            entries.retain(|entry| entry.name.is_none() || !entry.is_about_another());
            entries.dedup_by_key(|entry| entry.descriptor.digest().clone());
            return match &entries[..] {
                [entry] => Ok(entry.descriptor.clone()),
                _ => Err(Fault::new(format!(
                    "{store} is not one image: name its tag"
                ))),
            };
        }
    };
    let found = store.find(name).await?;
    found.ok_or_else(|| Fault::new(format!("{store} has no {name}")))
}

/// Its image of a platform; the configuration is compared later.
async fn of_platform(
    store: &Store,
    asked: &Descriptor,
    platform: Platform,
) -> std::result::Result<Descriptor, Fault> {
    let index = Manifest::parse(&store.manifest(asked).await?)?;
    if index.config.is_some() {
        return Ok(asked.clone());
    }
    let mut images = index.manifests.into_iter();
    let found = images.find(|image| {
        let of = image.platform().as_ref();
        of.is_some_and(|of| {
            *of.os() == Os::Linux && *of.architecture() == platform.architecture().into()
        })
    });
    found.ok_or_else(|| Fault::new(format!("{store} has no image for {platform}")))
}

/// Into a layout of ours, which keeps them for the next build.
async fn fetched(store: &Store, images: &[Descriptor]) -> std::result::Result<PathBuf, Fault> {
    let path = workspace::target("image-base");
    let place = Place::Folder {
        path: path.clone(),
        tag: None,
    };
    let to = Store::target(&place, &Caller::default()).await?;
    let entries = images.iter().map(|image| Entry {
        name: None,
        descriptor: image.clone(),
    });
    let copy = Copy {
        from: store,
        to: &to,
        entries: entries.collect(),
        clobber: true,
    };
    copy.run().await?;
    Ok(path)
}

fn read(
    layout: &Folder,
    image: &Descriptor,
    platform: Platform,
) -> std::result::Result<(Vec<Descriptor>, Value), Fault> {
    let manifest = Manifest::parse(&layout.read(image)?)?;
    let config = manifest
        .config
        .ok_or_else(|| Fault::new("the base is no image"))?;
    let configuration = configuration(&layout.read(&config)?, platform)?;
    let layers = manifest.layers.into_iter().map(as_oci).collect();
    Ok((layers, configuration))
}

fn configuration(text: &Bytes, platform: Platform) -> std::result::Result<Value, Fault> {
    let configuration: Value = serde_json::from_slice(text)
        .map_err(|error| Fault::new(format!("the base's configuration: {error}")))?;
    let architecture = configuration["architecture"].as_str().unwrap_or_default();
    if Arch::from(architecture) != platform.architecture().into() {
        return Err(Fault::new(format!(
            "the base is for {architecture}, not for {platform}"
        )));
    }
    Ok(configuration)
}

/// A layer of docker's own format has the same bytes under another name.
fn as_oci(mut layer: Descriptor) -> Descriptor {
    let media_type = match layer.media_type().as_ref() {
        "application/vnd.docker.image.rootfs.diff.tar.gzip" => MediaType::ImageLayerGzip,
        "application/vnd.docker.image.rootfs.diff.tar" => MediaType::ImageLayer,
        _ => return layer,
    };
    layer.set_media_type(media_type);
    layer
}

impl Base {
    /// Its configuration, with ours over it. What we do not know stays.
    pub(super) fn with(&self, ours: &Value) -> Value {
        let mut merged = self.configuration.clone();
        let (old, new) = (&self.configuration["config"], &ours["config"]);
        merged["created"] = ours["created"].clone();
        let config = &mut merged["config"];
        for own in ["User", "Entrypoint", "WorkingDir"] {
            config[own] = new[own].clone();
        }
        // Its arguments were for another entrypoint.
        config["Cmd"] = Value::Null;
        config["Env"] = json!(environment(&words(&old["Env"]), &words(&new["Env"])));
        extend(&mut config["Labels"], &new["Labels"]);
        extend(
            &mut merged["rootfs"]["diff_ids"],
            &ours["rootfs"]["diff_ids"],
        );
        extend(&mut merged["history"], &ours["history"]);
        merged
    }

    pub(super) fn annotations(&self) -> Vec<(String, String)> {
        let digest = Some(("digest", self.digest.clone()));
        let name = self.name.clone().map(|name| ("name", name));
        let said = digest.into_iter().chain(name);
        said.map(|(key, value)| (format!("org.opencontainers.image.base.{key}"), value))
            .collect()
    }
}

/// The base's variables, with ours over them; its `PATH` gains the folder of our names.
fn environment(base: &[&str], ours: &[&str]) -> Vec<String> {
    let name = |variable: &str| variable.split('=').next().unwrap_or_default().to_owned();
    let path = base
        .iter()
        .find_map(|variable| variable.strip_prefix("PATH="));
    let mut merged: Vec<String> = base.iter().map(|&it| it.to_owned()).collect();
    for &variable in ours {
        let value = match path {
            Some(path) if name(variable) == "PATH" => format!("PATH={}", extended(path)),
            _ => variable.to_owned(),
        };
        merged.retain(|other| name(other) != name(variable));
        merged.push(value);
    }
    merged
}

fn extended(path: &str) -> String {
    if path.split(':').any(|folder| folder == NAMES) {
        return path.to_owned();
    }
    format!("{NAMES}:{path}")
}

fn words(list: &Value) -> Vec<&str> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).collect()
}

fn extend(base: &mut Value, ours: &Value) {
    match (base, ours) {
        (Value::Array(base), Value::Array(ours)) => base.extend(ours.iter().cloned()),
        (Value::Object(base), Value::Object(ours)) => base.extend(ours.clone()),
        (base, ours) => *base = ours.clone(),
    }
}

/// Where the links to the binary are.
const NAMES: &str = "/usr/local/bin";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_configuration_stands_on_that_of_the_base() {
        let base = Base {
            folder: PathBuf::new(),
            layers: Vec::new(),
            digest: "sha256:aa".to_owned(),
            name: None,
            configuration: json!({
                "architecture": "amd64", "os": "linux", "created": "2020",
                "config": {
                    "Env": ["PATH=/usr/bin:/bin", "LANG=C"], "Cmd": ["sh"], "User": "root",
                    "Labels": {"kept": "yes"}, "StopSignal": "SIGINT",
                },
                "rootfs": {"type": "layers", "diff_ids": ["sha256:1"]},
                "history": [{"created_by": "base"}],
            }),
        };
        let ours = json!({
            "created": "2027",
            "config": {
                "Env": ["PATH=/usr/local/bin:/", "HOME=/home/nobody"], "User": "65534:65534",
                "Entrypoint": ["/iamra"], "WorkingDir": "/home/nobody", "Labels": {"a": "b"},
            },
            "rootfs": {"type": "layers", "diff_ids": ["sha256:2"]},
            "history": [{"created_by": "ours"}],
        });
        let merged = base.with(&ours);
        assert_eq!(
            merged,
            json!({
                "architecture": "amd64", "os": "linux", "created": "2027",
                "config": {
                    "Env": ["LANG=C", "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/home/nobody"],
                    "Cmd": null, "User": "65534:65534", "Entrypoint": ["/iamra"],
                    "WorkingDir": "/home/nobody", "StopSignal": "SIGINT",
                    "Labels": {"kept": "yes", "a": "b"},
                },
                "rootfs": {"type": "layers", "diff_ids": ["sha256:1", "sha256:2"]},
                "history": [{"created_by": "base"}, {"created_by": "ours"}],
            })
        );
    }

    #[test]
    fn a_base_of_another_architecture_is_refused() {
        let text = Bytes::from_static(br#"{"architecture": "arm64"}"#);
        assert!(configuration(&text, Platform::Arm64).is_ok());
        let refused = configuration(&text, Platform::Amd64)
            .unwrap_err()
            .to_string();
        assert_eq!(refused, "the base is for arm64, not for linux/amd64");
    }
}
