use serde::Deserialize;
use serde_json::{Value, json};

/// A service account as the API gives it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(from = "Object")]
#[non_exhaustive]
pub struct SeenServiceAccount {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The state in which it was seen.
    pub resource_version: String,
    /// The names of the Secrets with which its pods pull, in their order.
    pub pull_secrets: Vec<String>,
}

/// An entry of `imagePullSecrets`.
pub(super) fn pull_secret(name: &str) -> Value {
    json!({"name": name})
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    metadata: Metadata,
    #[serde(default)]
    image_pull_secrets: Vec<Reference>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    resource_version: String,
}

#[derive(Deserialize)]
struct Reference {
    /// The API takes an entry without one, and so each entry counts as a place.
    #[serde(default)]
    name: String,
}

impl From<Object> for SeenServiceAccount {
    fn from(object: Object) -> Self {
        let entries = object.image_pull_secrets.into_iter();
        Self {
            name: object.metadata.name,
            namespace: object.metadata.namespace,
            resource_version: object.metadata.resource_version,
            pull_secrets: entries.map(|entry| entry.name).collect(),
        }
    }
}
