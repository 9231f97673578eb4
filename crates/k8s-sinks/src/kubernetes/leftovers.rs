use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta};
use serde_json::{Map, Value, json};

use super::marks::{MANAGER, is_reserved};
use super::secret_spec::SecretSpec;

/// What we wrote into a Secret when we created it, and would not write any more:
/// another form's key, a label that is not wanted any longer.
///
/// An apply removes only what an earlier apply has owned. What a POST has
/// written is owned beside that, and would stay for ever.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Leftovers {
    data: Vec<String>,
    labels: Vec<String>,
    annotations: Vec<String>,
}

impl Leftovers {
    /// Those of a Secret that is ours.
    pub(crate) fn of(metadata: &ObjectMeta, spec: &SecretSpec) -> Self {
        let keys = spec.form().keys();
        let entries = metadata.managed_fields.iter().flatten();
        let created = entries.filter(|entry| is_of_a_post(entry));
        let fields = created.filter_map(|entry| entry.fields_v1.as_ref());
        let mut found = Self::default();
        for fields in fields.map(|fields| &fields.0) {
            let metadata = &fields["f:metadata"];
            let data = names(&fields["f:data"]);
            found.data.extend(data.filter(|key| !keys.contains(key)));
            let labels = names(&metadata["f:labels"]);
            let is_wanted = |key: &String| spec.labels().contains_key(key);
            found.labels.extend(labels.filter(|key| !is_wanted(key)));
            let annotations = names(&metadata["f:annotations"]);
            let is_wanted = |key: &String| is_reserved(key) || spec.annotations().contains_key(key);
            let annotations = annotations.filter(|key| !is_wanted(key));
            found.annotations.extend(annotations);
        }
        found
    }

    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.data.is_empty() && self.labels.is_empty() && self.annotations.is_empty()
    }

    /// Takes them out of the state that was seen: a merge patch, without a secret.
    pub(crate) fn removal(&self, resource_version: &str) -> Value {
        json!({
            "metadata": {
                "resourceVersion": resource_version,
                "labels": nulls(&self.labels),
                "annotations": nulls(&self.annotations),
            },
            "data": nulls(&self.data),
        })
    }
}

fn is_of_a_post(entry: &ManagedFieldsEntry) -> bool {
    entry.manager.as_deref() == Some(MANAGER) && entry.operation.as_deref() == Some("Update")
}

/// The names of fields, as `managedFields` has them: `f:NAME`.
fn names(fields: &Value) -> impl Iterator<Item = String> {
    let fields = fields.as_object().into_iter().flatten();
    fields.filter_map(|(name, _)| name.strip_prefix("f:").map(str::to_owned))
}

fn nulls(keys: &[String]) -> Value {
    let nulls: Map<String, Value> = keys.iter().map(|key| (key.clone(), Value::Null)).collect();
    nulls.into()
}
