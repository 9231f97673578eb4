use std::collections::HashMap;

use oci_spec::image::Descriptor;

/// What a layout or a repository names: an image, or what was said of one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Entry {
    /// Its tag; none where only its digest leads to it.
    pub(crate) name: Option<String>,
    pub(crate) descriptor: Descriptor,
}

impl Entry {
    /// As `index.json` of a layout has it.
    pub(super) fn read(descriptor: Descriptor) -> Self {
        let named = descriptor.annotations().as_ref();
        let name = named.and_then(|annotations| annotations.get(NAME).cloned());
        Self { name, descriptor }
    }

    /// For `index.json` of a layout.
    pub(super) fn written(&self) -> Descriptor {
        let mut descriptor = self.descriptor.clone();
        let mut annotations = descriptor.annotations().clone().unwrap_or_default();
        annotations.remove(NAME);
        if let Some(name) = &self.name {
            annotations.insert(NAME.to_owned(), name.clone());
        }
        descriptor.set_annotations(Some(annotations).filter(|it: &HashMap<_, _>| !it.is_empty()));
        descriptor
    }

    /// Whether it is about another entry: a signature or an attestation, which cosign
    /// and the tag schema of OCI file under the digest of what they are about.
    pub(crate) fn is_about_another(&self) -> bool {
        let name = self.name.as_deref();
        name.is_none_or(|name| name.starts_with("sha256-"))
    }
}

/// A tag as registries take it.
pub(crate) fn tag(text: &str) -> Result<String, String> {
    let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let is_tag = text.len() <= 128
        && text.starts_with(is_word)
        && text
            .chars()
            .all(|char| is_word(char) || ".-".contains(char));
    if is_tag {
        return Ok(text.to_owned());
    }
    Err("a tag is up to 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two".to_owned())
}

/// How a layout names an entry.
pub(crate) const NAME: &str = "org.opencontainers.image.ref.name";
