use serde_json::{Map, Value};

use super::super::pod::{Container, Pod};
use super::super::{PodPatch, Warning};
use super::{CREDENTIALS, Credentials, variable};

/// Credentials from a container of the pod: for clusters without an agent.
///
/// It is a [sidecar](https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/)
/// of Linux, and starts before all others.
#[derive(Clone, Debug, PartialEq)]
pub struct SidecarForm {
    container: Map<String, Value>,
    volumes: Vec<Value>,
    variables: Vec<(String, String)>,
}

impl SidecarForm {
    /// Injects `container` under `name`, with the `volumes` that it mounts; the
    /// other containers get the `variables`, by which they find it on loopback.
    ///
    /// That it is a sidecar is seen to here: its `restartPolicy` is `Always`.
    pub fn new(
        name: &str,
        mut container: Map<String, Value>,
        volumes: Vec<Value>,
        variables: Vec<(String, String)>,
    ) -> Self {
        container.insert("name".to_owned(), name.into());
        container.insert("restartPolicy".to_owned(), "Always".into());
        Self {
            container,
            volumes,
            variables,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        let name = self.container.get("name");
        name.and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn credentials(&self, container: &Container<'_>) -> Credentials {
        let ours = || self.variables.iter().map(|(name, _)| name.as_str());
        let known: Vec<&str> = CREDENTIALS.into_iter().chain(ours()).collect();
        if container.has_any_variable(&known) {
            return Credentials::default();
        }
        let variables = self.variables.iter();
        Credentials {
            variables: variables
                .map(|(name, value)| variable(name, value))
                .collect(),
            mounts: Vec::new(),
        }
    }

    /// Windows; the node's network, on whose loopback others of the node would
    /// be served; or something of the name of ours that is not ours.
    pub(super) fn obstacle(&self, pod: Pod<'_>) -> Option<Warning> {
        let reason = if pod.is_windows() {
            "it runs on Windows, and the sidecar on Linux".to_owned()
        } else if pod.is_on_host_network() {
            "it is on the node's network, and so would its sidecar be".to_owned()
        } else if self.existing(pod).is_some_and(|it| !self.is(&it)) {
            format!("its container {} is not our sidecar", self.name())
        } else {
            let volume = self.volumes.iter().find(|it| is_taken(pod, it))?;
            let name = volume["name"].as_str().unwrap_or_default();
            format!("its volume {name} is not that of our sidecar")
        };
        let text = format!("no AWS credentials for the pod: {reason}");
        Some(Warning::new(&text))
    }

    /// The sidecar and its volumes, unless they are there.
    pub(super) fn add_to_pod(&self, pod: Pod<'_>, wanted: &[Credentials], patch: &mut PodPatch) {
        if !wanted.iter().any(Credentials::are_wanted) {
            return;
        }
        let missing = self
            .volumes
            .iter()
            .filter(|it| same_name(pod, it).is_none());
        patch.append(pod.spec(), "volumes", missing.cloned().collect());
        if self.existing(pod).is_none() {
            // Last of the operations on init containers, whose places it moves.
            let container = Value::Object(self.container.clone());
            patch.prepend(pod.spec(), "initContainers", container);
        }
    }

    fn existing<'a>(&self, pod: Pod<'a>) -> Option<Container<'a>> {
        pod.containers().find(|it| it.name() == self.name())
    }

    /// Images are rewritten to mirrors, and other webhooks add variables and
    /// mounts: what is run as a sidecar is what it is known by.
    fn is(&self, container: &Container<'_>) -> bool {
        let same = |key: &str| container.json.get(key) == self.container.get(key);
        container.is_init && ["restartPolicy", "command", "args"].into_iter().all(same)
    }
}

/// Whether there is another volume of that name.
fn is_taken(pod: Pod<'_>, volume: &Value) -> bool {
    same_name(pod, volume).is_some_and(|existing| !has_all(existing, volume))
}

fn same_name<'a>(pod: Pod<'a>, volume: &Value) -> Option<&'a Value> {
    pod.volume(volume["name"].as_str()?)
}

/// Whether `existing` says all that `wanted` does: the API server adds defaults,
/// and how long a token is valid is a matter of jitter.
fn has_all(existing: &Value, wanted: &Value) -> bool {
    match (existing, wanted) {
        (Value::Object(existing), Value::Object(wanted)) => wanted.iter().all(|(key, wanted)| {
            let found = existing.get(key);
            found.is_some_and(|found| key == "expirationSeconds" || has_all(found, wanted))
        }),
        (Value::Array(existing), Value::Array(wanted)) => {
            existing.len() == wanted.len()
                && existing
                    .iter()
                    .zip(wanted)
                    .all(|(it, wanted)| has_all(it, wanted))
        }
        _ => existing == wanted,
    }
}
