use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use zeroize::Zeroizing;

use super::content::Content;
use super::marks::{CONTENT_ID, EXPIRES_AT, REFRESHED_AT, SCHEMA, SCHEMA_VERSION};
use super::secret_spec::SecretSpec;
use super::wiped_json::wiped_json;
use super::{Error, SecretData};

/// A Secret as the API gives it.
#[derive(Deserialize)]
pub(crate) struct SecretDocument {
    pub(crate) metadata: ObjectMeta,
    #[serde(default, rename = "type")]
    pub(crate) secret_type: String,
    #[serde(default)]
    data: BTreeMap<String, Decoded>,
    #[serde(default)]
    pub(crate) immutable: bool,
}

impl SecretDocument {
    /// Its values.
    pub(crate) fn into_data(self) -> SecretData {
        let data = self.data.into_iter();
        data.map(|(key, value)| (key, value.0)).collect()
    }

    /// Whether it could hold what we write at all.
    pub(crate) fn check(&self, namespace: &str, spec: &SecretSpec) -> Result<(), Error> {
        let (namespace, name) = (namespace.to_owned(), spec.name().to_owned());
        let wanted = spec.form().secret_type();
        if self.secret_type != wanted {
            return Err(Error::WrongType {
                namespace,
                name,
                is: self.secret_type.clone(),
                wanted: wanted.to_owned(),
            });
        }
        if self.immutable {
            return Err(Error::Immutable { namespace, name });
        }
        Ok(())
    }
}

/// A value in base64.
struct Decoded(Zeroizing<Vec<u8>>);

impl<'de> Deserialize<'de> for Decoded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Base64;
        impl Visitor<'_> for Base64 {
            type Value = Decoded;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value in base64")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Decoded, E> {
                let mut value = Zeroizing::new(Vec::with_capacity(text.len() / 4 * 3 + 3));
                let decoded = BASE64_STANDARD.decode_vec(text, &mut value);
                // Its text would show a part of the value.
                decoded.map_err(|_| E::custom("a value is not base64"))?;
                Ok(Decoded(value))
            }
        }
        let decoded = deserializer.deserialize_str(Base64);
        decoded.map_err(|_| D::Error::custom("a value is not base64"))
    }
}

/// Which Secret a document is about, and in which state it was seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Identity<'a> {
    pub(crate) namespace: &'a str,
    /// The object that was seen: another one of the same name is not meant.
    pub(crate) uid: Option<&'a str>,
    /// The state that was seen: a later one is not meant.
    pub(crate) resource_version: Option<&'a str>,
}

/// All of a Secret that is ours, as JSON: to create it or to apply it.
pub(crate) fn whole(spec: &SecretSpec, content: &Content, of: Identity<'_>) -> Zeroizing<Vec<u8>> {
    let [refreshed_at, expires_at] = times(content);
    let mut annotations: BTreeMap<&str, &str> = BTreeMap::new();
    let own = spec.annotations().iter().chain(content.annotations());
    annotations.extend(own.map(|(key, value)| (key.as_str(), value.as_str())));
    annotations.extend([
        (CONTENT_ID, content.id()),
        (EXPIRES_AT, expires_at.as_str()),
        (REFRESHED_AT, refreshed_at.as_str()),
        (SCHEMA, SCHEMA_VERSION),
    ]);
    wiped_json(&Written {
        api_version: "v1",
        kind: "Secret",
        metadata: WrittenMetadata {
            name: spec.name(),
            namespace: of.namespace,
            uid: of.uid,
            resource_version: of.resource_version,
            labels: spec.labels(),
            annotations,
        },
        secret_type: spec.form().secret_type(),
        data: content.encoded(),
    })
}

/// A Secret with these values and no annotations, as JSON: to create it, or as a
/// merge patch of the state that was seen.
pub(crate) fn kept(spec: &SecretSpec, data: &SecretData, of: Identity<'_>) -> Zeroizing<Vec<u8>> {
    let data = data.iter();
    let data = data.map(|(key, value)| (key.clone(), super::content::encoded(value)));
    wiped_json(&Written {
        api_version: "v1",
        kind: "Secret",
        metadata: WrittenMetadata {
            name: spec.name(),
            namespace: of.namespace,
            uid: of.uid,
            resource_version: of.resource_version,
            labels: spec.labels(),
            annotations: BTreeMap::new(),
        },
        secret_type: spec.form().secret_type(),
        data: &data.collect(),
    })
}

/// When the contents were obtained, and when they end: to the second before.
pub(crate) fn times(content: &Content) -> [String; 2] {
    let lifetime = content.lifetime();
    [lifetime.start(), lifetime.end()].map(|time| {
        let time = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::MAX);
        let seconds = jiff::Timestamp::from_second(time.as_second());
        seconds.unwrap_or(time).to_string()
    })
}

/// The values that differ, as a merge patch of the state that was seen.
pub(crate) fn changes(resource_version: &str, data: &SecretData) -> Zeroizing<Vec<u8>> {
    let data = data.iter();
    let data = data.map(|(key, value)| (key, super::content::encoded(value)));
    let data: BTreeMap<_, _> = data.collect();
    wiped_json(&Changes {
        metadata: Version { resource_version },
        data,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    api_version: &'a str,
    kind: &'a str,
    metadata: WrittenMetadata<'a>,
    #[serde(rename = "type")]
    secret_type: &'a str,
    data: &'a BTreeMap<String, Zeroizing<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenMetadata<'a> {
    name: &'a str,
    namespace: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_version: Option<&'a str>,
    labels: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct Changes<'a> {
    metadata: Version<'a>,
    data: BTreeMap<&'a String, Zeroizing<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Version<'a> {
    resource_version: &'a str,
}
