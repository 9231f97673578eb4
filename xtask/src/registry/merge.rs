use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use oci_spec::image::{Descriptor, MediaType};
use serde_json::{Value, json};

use super::progress::Progress;
use super::retry::retried;
use super::tree::{LARGEST, media_type};
use super::{Entry, Fault, Manifest, Store, Tree};
use crate::image::layer::digest;
use crate::signature::SIGNATURE;

/// What was said of an image by others, with ours added to it, as cosign adds it: nobody's
/// signature or attestation is dropped.
pub(super) struct Merged {
    entry: Entry,
    contents: Bytes,
    config: (Descriptor, Bytes),
    /// Those that are ours alone.
    layers: Vec<Descriptor>,
}

/// How an entry gets to the other side.
pub(super) enum Way {
    AsItIs,
    /// All of it is there, among what others have said.
    IsThere,
    Merged(Box<Merged>),
}

impl Way {
    pub(super) async fn of(entry: &Entry, from: &Store, to: &Store) -> Result<Self, Fault> {
        let Some(tag) = entry.name.as_deref().filter(|name| is_list(name)) else {
            return Ok(Self::AsItIs);
        };
        let Some(there) = retried(|| to.find(tag)).await? else {
            return Ok(Self::AsItIs);
        };
        if there.digest() == entry.descriptor.digest() {
            return Ok(Self::AsItIs);
        }
        let ours = Manifest::parse(&retried(|| from.manifest(&entry.descriptor)).await?)?;
        let contents = retried(|| to.manifest(&there)).await?;
        let theirs = Manifest::parse(&contents)?;
        let Some(config) = theirs.config else {
            let sentence = format!("{to}: {tag} is there and is no list of signatures");
            return Err(Fault::new(sentence));
        };
        let known: Vec<_> = theirs.layers.iter().map(said).collect();
        let mut layers = ours.layers;
        layers.retain(|layer| !known.contains(&said(layer)));
        if layers.is_empty() {
            return Ok(Self::IsThere);
        }
        let config = (config_of(to, &config).await?, config);
        let merged = Merged::new(entry, &contents, config, layers)?;
        Ok(Self::Merged(Box::new(merged)))
    }
}

impl Merged {
    fn new(
        entry: &Entry,
        theirs: &Bytes,
        (mut config, described): (Value, Descriptor),
        layers: Vec<Descriptor>,
    ) -> Result<Self, Fault> {
        let mut manifest = parsed(theirs)?;
        for layer in &layers {
            push(&mut manifest["layers"], value(layer)?);
            push(
                &mut config["rootfs"]["diff_ids"],
                layer.digest().to_string().into(),
            );
            // One for each layer, or none at all.
            if config["history"].is_array() {
                push(
                    &mut config["history"],
                    json!({ "created": "0001-01-01T00:00:00Z" }),
                );
            }
        }
        let config = written(&mut config, described.media_type().clone())?;
        manifest["config"] = value(&config.0)?;
        let (descriptor, contents) = written(&mut manifest, media_type(theirs)?)?;
        let name = entry.name.clone();
        Ok(Self {
            entry: Entry { name, descriptor },
            contents,
            config,
            layers,
        })
    }

    /// Makes it a part of what is copied; its configuration, which is new, is sent at once.
    pub(super) async fn join(self, tree: &mut Tree, to: &Store) -> Result<Entry, Fault> {
        let (config, contents) = &self.config;
        retried(|| async {
            if to.has_blob(config).await? {
                return Ok(());
            }
            let body = futures_util::stream::iter([Ok(contents.clone())]).boxed();
            to.put_blob(config, body, &Progress::of(config)).await
        })
        .await?;
        let known = |blob: &Descriptor| tree.blobs.iter().any(|it| it.digest() == blob.digest());
        let news: Vec<_> = self.layers.into_iter().filter(|it| !known(it)).collect();
        tree.blobs.extend(news);
        tree.manifests
            .push((self.entry.descriptor.clone(), self.contents));
        Ok(self.entry)
    }
}

/// A tag under which cosign keeps a list that everybody adds to.
fn is_list(name: &str) -> bool {
    let parts = name.rsplit_once('.');
    parts.is_some_and(|(of, kind)| of.starts_with("sha256-") && matches!(kind, "sig" | "att"))
}

/// Two keys sign the same payload: the signatures stand beside it.
fn said(layer: &Descriptor) -> (String, Option<String>) {
    let annotations = layer.annotations().as_ref();
    let signature = annotations.and_then(|all| all.get(SIGNATURE).cloned());
    (layer.digest().to_string(), signature)
}

async fn config_of(to: &Store, config: &Descriptor) -> Result<Value, Fault> {
    if config.size() > LARGEST {
        return Err(Fault::new(format!("{} is too large", config.digest())));
    }
    let text = retried(|| async {
        let parts: Vec<Bytes> = to
            .blob(config)
            .await?
            .try_collect()
            .await
            .map_err(|error| Fault::transient(format!("{}: {error}", config.digest())))?;
        Ok(parts.concat())
    });
    parsed(&text.await?)
}

fn parsed(text: &[u8]) -> Result<Value, Fault> {
    let parsed: Value = serde_json::from_slice(text).map_err(|error| failed(&error))?;
    if parsed.is_object() {
        return Ok(parsed);
    }
    Err(failed(&"it is no object"))
}

fn push(list: &mut Value, value: Value) {
    if !list.is_array() {
        *list = json!([]);
    }
    if let Value::Array(list) = list {
        list.push(value);
    }
}

fn value(descriptor: &Descriptor) -> Result<Value, Fault> {
    serde_json::to_value(descriptor).map_err(|error| failed(&error))
}

fn written(document: &mut Value, media_type: MediaType) -> Result<(Descriptor, Bytes), Fault> {
    document.sort_all_objects();
    let contents = Bytes::from(document.to_string());
    let digest: oci_spec::image::Digest =
        digest(&contents).parse().map_err(|error| failed(&error))?;
    let descriptor = Descriptor::new(media_type, contents.len() as u64, digest);
    Ok((descriptor, contents))
}

fn failed(error: &dyn std::fmt::Display) -> Fault {
    Fault::new(format!("what others have signed: {error}"))
}
