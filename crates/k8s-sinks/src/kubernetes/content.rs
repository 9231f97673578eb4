use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use refresh::Lifetime;
use zeroize::Zeroizing;

use super::Error;

/// The values of a Secret by their keys.
pub type SecretData = BTreeMap<String, Zeroizing<Vec<u8>>>;

/// What a Secret is to hold for a while: the same in every namespace.
#[derive(Clone)]
pub struct Content {
    id: String,
    lifetime: Lifetime,
    annotations: BTreeMap<String, String>,
    data: SecretData,
    /// The same as they stand in JSON.
    encoded: BTreeMap<String, Zeroizing<String>>,
}

impl Content {
    /// These values. `id` tells them from those before and after them, and is no
    /// secret; it must be a random one, or the number of a version.
    pub fn new(id: String, lifetime: Lifetime, data: SecretData) -> Self {
        let encode = |(key, value): (&String, &Zeroizing<Vec<u8>>)| (key.clone(), encoded(value));
        Self {
            encoded: data.iter().map(encode).collect(),
            annotations: BTreeMap::new(),
            id,
            lifetime,
            data,
        }
    }

    /// The same with an annotation for people.
    #[must_use]
    pub fn with_annotation(mut self, name: &str, value: &str) -> Self {
        self.annotations.insert(name.to_owned(), value.to_owned());
        self
    }

    /// What tells it from others.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// From when until when it is good.
    pub fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    /// Its annotations.
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }

    /// Its values.
    pub fn data(&self) -> &SecretData {
        &self.data
    }

    /// Its values in base64.
    pub(crate) fn encoded(&self) -> &BTreeMap<String, Zeroizing<String>> {
        &self.encoded
    }

    /// Whether Kubernetes takes a Secret of that name with it.
    pub(crate) fn check_size(&self, name: &str) -> Result<(), Error> {
        check_size(name, &self.data)
    }
}

/// Whether Kubernetes takes these values.
///
/// [Restriction on Secret data size](https://kubernetes.io/docs/concepts/configuration/secret/#restriction-data-size)
pub(crate) fn check_size(name: &str, data: &SecretData) -> Result<(), Error> {
    let size = data.values().map(|value| value.len()).sum();
    if size <= LIMIT {
        return Ok(());
    }
    Err(Error::TooLarge {
        name: name.to_owned(),
        size,
        limit: LIMIT,
    })
}

/// In base64, in memory that is wiped.
pub(crate) fn encoded(value: &[u8]) -> Zeroizing<String> {
    let length = base64::encoded_len(value.len(), true).unwrap_or_default();
    let mut text = Zeroizing::new(String::with_capacity(length));
    BASE64_STANDARD.encode_string(value, &mut text);
    text
}

/// Never shows a value.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("id", &self.id)
            .field("lifetime", &self.lifetime)
            .field("annotations", &self.annotations)
            .field("keys", &self.data.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

const LIMIT: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn values_are_not_shown() {
        let data = SecretData::from([("key".to_owned(), b"hunter2".to_vec().into())]);
        let lifetime = Lifetime::new(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH);
        let content = Content::new("1".to_owned(), lifetime, data);
        assert_eq!(content.encoded()["key"].as_str(), "aHVudGVyMg==");
        let shown = format!("{content:?}");
        assert!(shown.contains("\"key\""), "{shown}");
        for hidden in ["hunter", "aHVudGVy", "104"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}
