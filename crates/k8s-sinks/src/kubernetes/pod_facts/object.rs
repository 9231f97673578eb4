use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::{PodContainer, PodFacts, PodMount, TokenVolume};

/// As much of a pod as is looked at.
#[derive(Deserialize)]
pub(super) struct Object {
    metadata: Metadata,
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    uid: String,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    phase: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    service_account_name: Option<String>,
    node_name: Option<String>,
    #[serde(default)]
    host_network: bool,
    #[serde(default)]
    init_containers: Vec<Container>,
    #[serde(default)]
    containers: Vec<Container>,
    #[serde(default)]
    volumes: Vec<Volume>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    name: String,
    #[serde(default)]
    env: Vec<Variable>,
    #[serde(default)]
    env_from: Vec<IgnoredAny>,
    #[serde(default)]
    volume_mounts: Vec<PodMount>,
}

/// Some have their secrets here.
#[derive(Deserialize)]
struct Variable {
    name: String,
    value: Option<Zeroizing<String>>,
}

#[derive(Deserialize)]
struct Volume {
    name: String,
    projected: Option<Projected>,
}

#[derive(Deserialize)]
struct Projected {
    #[serde(default)]
    sources: Vec<Source>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    service_account_token: Option<Token>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    #[serde(default)]
    audience: String,
    #[serde(default)]
    path: String,
    #[serde(default = "an_hour")]
    expiration_seconds: u64,
}

impl From<Object> for PodFacts {
    fn from(object: Object) -> Self {
        let spec = object.spec;
        let initial = spec.init_containers.into_iter();
        let initial = initial.map(|container| container.told(true));
        let others = spec.containers.into_iter();
        let others = others.map(|container| container.told(false));
        Self {
            uid: object.metadata.uid,
            // Admission has named it, but where that is off.
            service_account: some(spec.service_account_name).unwrap_or_else(|| "default".into()),
            node: some(spec.node_name),
            phase: object.status.phase,
            is_host_network: spec.host_network,
            annotations: object.metadata.annotations.unwrap_or_default(),
            containers: initial.chain(others).collect(),
            token_volumes: spec.volumes.into_iter().flat_map(Volume::tokens).collect(),
        }
    }
}

impl Container {
    fn told(self, is_init: bool) -> PodContainer {
        // Of two of a name the last one counts.
        let value = |name: &str| {
            let variable = self.env.iter().rfind(|variable| variable.name == name);
            variable?.value.as_deref().cloned()
        };
        PodContainer {
            is_init,
            credentials_uri: value("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
            token_file: value("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
            variables: self
                .env
                .iter()
                .map(|variable| variable.name.clone())
                .collect(),
            takes_others: !self.env_from.is_empty(),
            name: self.name,
            mounts: self.volume_mounts,
        }
    }
}

impl Volume {
    fn tokens(self) -> impl Iterator<Item = TokenVolume> {
        let sources = self.projected.into_iter().flat_map(|volume| volume.sources);
        let tokens = sources.filter_map(|source| source.service_account_token);
        tokens.map(move |token| TokenVolume {
            volume: self.name.clone(),
            audience: some(Some(token.audience)),
            path: token.path,
            expiration_seconds: token.expiration_seconds,
        })
    }
}

/// Go writes what is not there as an empty text.
fn some(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// What the API makes of no word.
fn an_hour() -> u64 {
    3600
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn facts(object: Value) -> PodFacts {
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn a_pod_says_where_its_credentials_come_from() {
        let uri = "http://169.254.170.23/v1/credentials";
        let facts = facts(json!({
            "metadata": {"uid": "u", "annotations": {"a": "b"}},
            "spec": {
                "serviceAccountName": "web", "nodeName": "n", "hostNetwork": true,
                "initContainers": [{"name": "start"}],
                "containers": [{
                    "name": "app",
                    "env": [
                        {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://other"},
                        {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": uri},
                        {"name": "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "valueFrom": {}},
                        {"name": "PASSWORD", "value": "hunter2"},
                    ],
                    "envFrom": [{"secretRef": {"name": "s"}}],
                    "volumeMounts": [{"name": "token", "mountPath": "/token", "readOnly": true}],
                }],
                "volumes": [
                    {"name": "data", "emptyDir": {}},
                    {"name": "token", "projected": {"sources": [
                        {"configMap": {"name": "c"}},
                        {"serviceAccountToken": {"audience": "pods", "path": "t", "expirationSeconds": 60}},
                        {"serviceAccountToken": {"path": "api"}},
                    ]}},
                ],
            },
            "status": {"phase": "Running"},
        }));
        assert!(facts.is_host_network && facts.service_account == "web");
        let names: Vec<_> = facts
            .containers
            .iter()
            .map(|it| (&*it.name, it.is_init))
            .collect();
        assert_eq!(names, [("start", true), ("app", false)]);
        let app = &facts.containers[1];
        assert_eq!(app.credentials_uri.as_deref(), Some(uri));
        assert_eq!(app.token_file, None);
        assert_eq!(app.variables.last().unwrap(), "PASSWORD");
        assert!(app.takes_others && !facts.containers[0].takes_others);
        assert_eq!(app.mounts[0].path, "/token");
        let tokens: Vec<_> = facts
            .token_volumes
            .iter()
            .map(|it| (it.audience.as_deref(), &*it.path, it.expiration_seconds))
            .collect();
        assert_eq!(tokens, [(Some("pods"), "t", 60), (None, "api", 3600)]);
        assert!(!format!("{facts:?}").contains("hunter2"));
    }

    #[test]
    fn a_pod_that_says_nothing_is_somebody_all_the_same() {
        let facts = facts(json!({"metadata": {}, "spec": {"nodeName": ""}}));
        assert_eq!(facts.service_account, "default");
        assert_eq!((facts.node, facts.is_host_network), (None, false));
    }
}
