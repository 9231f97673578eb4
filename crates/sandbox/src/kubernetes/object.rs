use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::timestamp::rfc3339;

/// A kind of object that the cluster has.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Kind {
    ServiceAccount,
    Pod,
    EndpointSlice,
}

impl Kind {
    /// As documents name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ServiceAccount => "ServiceAccount",
            Self::Pod => "Pod",
            Self::EndpointSlice => "EndpointSlice",
        }
    }

    /// As paths and refusals name it.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::ServiceAccount => "serviceaccounts",
            Self::Pod => "pods",
            Self::EndpointSlice => "endpointslices",
        }
    }

    /// The API group; none for the core.
    pub(super) fn group(self) -> &'static str {
        match self {
            Self::ServiceAccount | Self::Pod => "",
            Self::EndpointSlice => "discovery.k8s.io",
        }
    }

    /// `apiVersion`.
    pub(super) fn api_version(self) -> &'static str {
        match self {
            Self::ServiceAccount | Self::Pod => "v1",
            Self::EndpointSlice => "discovery.k8s.io/v1",
        }
    }
}

/// One object of the cluster.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Object {
    pub(super) kind: Kind,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) uid: String,
    /// `resourceVersion`: of the change that made it what it is.
    pub(super) version: u64,
    pub(super) created: SystemTime,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<String, String>,
    /// What stands beside `metadata`: `spec` and `status`, say.
    pub(super) content: Map<String, Value>,
}

impl Object {
    /// The document as it stands alone or in a watch.
    pub(super) fn document(&self) -> Value {
        let mut document = self.item();
        document["apiVersion"] = self.kind.api_version().into();
        document["kind"] = self.kind.name().into();
        document
    }

    /// The document as it stands in a list, which names the kind once for all.
    pub(super) fn item(&self) -> Value {
        let mut document = self.content.clone();
        document.insert("metadata".into(), self.metadata());
        Value::Object(document)
    }

    /// The text at a place in the document, such as `/spec/nodeName`.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        let mut keys = pointer.trim_start_matches('/').split('/');
        let first = self.content.get(keys.next()?)?;
        let place = keys.try_fold(first, |value, key| value.get(key))?;
        place.as_str()
    }

    fn metadata(&self) -> Value {
        let mut metadata = json!({
            "name": self.name,
            "namespace": self.namespace,
            "uid": self.uid,
            "resourceVersion": self.version.to_string(),
            "creationTimestamp": rfc3339(self.created),
        });
        // As the real one, which leaves out what is empty.
        for (name, pairs) in [("labels", &self.labels), ("annotations", &self.annotations)] {
            if !pairs.is_empty() {
                metadata[name] = json!(pairs);
            }
        }
        metadata
    }
}
