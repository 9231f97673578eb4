use std::collections::BTreeMap;

use serde::Deserialize;

use super::Error;
use super::cluster::Cluster;
use super::names::check_namespace;
use super::resource::PODS;
use super::watch::Query;

/// A pod among others, by where it is and whether it works.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(from = "Object")]
#[non_exhaustive]
pub struct ListedPod {
    /// Its name.
    pub name: String,
    /// The node that it is on, once it is on one.
    pub node: Option<String>,
    /// Whether its probes say that it works.
    pub is_ready: bool,
    /// Whether it has ended, or is about to be deleted.
    pub is_over: bool,
    /// The ports of its containers that have a name.
    pub ports: BTreeMap<String, u16>,
}

#[derive(Deserialize)]
struct Object {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    deletion_timestamp: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    node_name: Option<String>,
    #[serde(default)]
    containers: Vec<Container>,
}

#[derive(Deserialize)]
struct Container {
    #[serde(default)]
    ports: Vec<Port>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Port {
    name: Option<String>,
    container_port: u16,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    phase: String,
    /// Go writes an empty one as null.
    conditions: Option<Vec<Condition>>,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

impl Cluster {
    /// The pods of a namespace that a selector of labels chooses. Needs the right
    /// to list them there.
    pub async fn pods(&self, namespace: &str, labels: &str) -> Result<Vec<ListedPod>, Error> {
        check_namespace(namespace)?;
        let query = Query {
            resource: PODS,
            namespace: Some(namespace.to_owned()),
            labels: Some(labels.to_owned()),
            name: None,
            is_whole: true,
        };
        query.list(self, Some).await
    }
}

impl From<Object> for ListedPod {
    fn from(object: Object) -> Self {
        let conditions = object.status.conditions.unwrap_or_default();
        let ports = object.spec.containers.into_iter().flat_map(|it| it.ports);
        let ports = ports.filter_map(|port| Some((port.name?, port.container_port)));
        let has_ended = ["Succeeded", "Failed"].contains(&&*object.status.phase);
        let mut ready = conditions.iter().filter(|it| it.kind == "Ready");
        Self {
            name: object.metadata.name,
            node: object.spec.node_name.filter(|node| !node.is_empty()),
            is_ready: ready.any(|it| it.status == "True"),
            is_over: has_ended || object.metadata.deletion_timestamp.is_some(),
            ports: ports.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_is_ready_when_its_condition_says_so() {
        for (conditions, is_ready) in [
            (json!(null), false),
            (json!([{"type": "Initialized", "status": "True"}]), false),
            (json!([{"type": "Ready", "status": "False"}]), false),
            (json!([{"type": "Ready", "status": "True"}]), true),
        ] {
            let object = json!({
                "metadata": {"name": "agent-1"},
                "spec": {"nodeName": "n", "containers": [
                    {"ports": [{"containerPort": 80}, {"name": "metrics", "containerPort": 2705}]},
                    {},
                ]},
                "status": {"conditions": conditions},
            });
            let pod: ListedPod = serde_json::from_value(object).unwrap();
            assert_eq!((pod.is_ready, pod.node.as_deref()), (is_ready, Some("n")));
            assert_eq!(pod.ports, BTreeMap::from([("metrics".to_owned(), 2705)]));
        }
        let waiting = json!({"metadata": {"name": "agent-1"}, "spec": {"nodeName": ""}});
        let waiting: ListedPod = serde_json::from_value(waiting).unwrap();
        assert_eq!((waiting.is_ready, waiting.node), (false, None));
    }

    #[test]
    fn a_pod_that_has_ended_or_is_to_be_deleted_is_over() {
        for (metadata, phase, is_over) in [
            (json!({"name": "a"}), "Running", false),
            (json!({"name": "a"}), "Failed", true),
            (json!({"name": "a"}), "Succeeded", true),
            (
                json!({"name": "a", "deletionTimestamp": "2026-11-27T10:00:00Z"}),
                "Running",
                true,
            ),
        ] {
            let object = json!({"metadata": metadata, "status": {"phase": phase}});
            let pod: ListedPod = serde_json::from_value(object).unwrap();
            assert_eq!(pod.is_over, is_over, "{phase}");
        }
    }
}
