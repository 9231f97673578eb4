use std::collections::BTreeMap;

use kube::core::params::GetParams;
use serde::Deserialize;

use self::object::Object;
use super::Error;
use super::cluster::{Call, Cluster};
use super::names::{check_name, check_namespace};
use super::resource::PODS;

mod object;

/// A pod, by what its way to credentials depends on: for those who walk it.
///
/// [Pod](https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/)
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(from = "Object")]
#[non_exhaustive]
pub struct PodFacts {
    /// Tells it from an earlier one of its name.
    pub uid: String,
    /// The name of its service account, in its namespace.
    pub service_account: String,
    /// The node that it is on, once it is on one.
    pub node: Option<String>,
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
    /// Whether it has the network of its node, and with that its addresses.
    pub is_host_network: bool,
    /// What people and webhooks have written to it.
    pub annotations: BTreeMap<String, String>,
    /// Its containers, those of its start first.
    pub containers: Vec<PodContainer>,
    /// The tokens of its service account that are put into its volumes.
    pub token_volumes: Vec<TokenVolume>,
}

/// A container of a pod.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PodContainer {
    /// Its name.
    pub name: String,
    /// Whether it is one of the start.
    pub is_init: bool,
    /// The value of `AWS_CONTAINER_CREDENTIALS_FULL_URI`, where the pod's own
    /// words have it.
    pub credentials_uri: Option<String>,
    /// The value of `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, likewise.
    pub token_file: Option<String>,
    /// The names of all variables that the pod names: some come before these two
    /// in an SDK. No other value is kept, and what is taken from a config map or a
    /// Secret as a whole is not among them.
    pub variables: Vec<String>,
    /// Whether it takes variables from a config map or a Secret as a whole, of which
    /// the pod does not have the names.
    pub takes_others: bool,
    /// What it mounts, and where.
    pub mounts: Vec<PodMount>,
}

/// A volume as a container has it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PodMount {
    /// The name of the volume.
    #[serde(rename = "name")]
    pub volume: String,
    /// Where it is mounted.
    #[serde(rename = "mountPath")]
    pub path: String,
}

/// A token of a projected volume.
///
/// [Service account token projection](https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken)
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TokenVolume {
    /// The name of the volume.
    pub volume: String,
    /// Whom it is for; `None` is the API server.
    pub audience: Option<String>,
    /// Where in the volume it is.
    pub path: String,
    /// How long one of them lasts.
    pub expiration_seconds: u64,
}

impl Cluster {
    /// The pod of this name; `None` where there is none. Needs the right to get it.
    pub async fn pod(&self, namespace: &str, name: &str) -> Result<Option<PodFacts>, Error> {
        check_namespace(namespace)?;
        check_name("pod name", name)?;
        let request = PODS.requests(Some(namespace));
        let request = request.get(name, &GetParams::default());
        let right = PODS.right("get", Some(namespace), Some(name));
        self.find(&Call::new(right, request)?).await
    }
}
