use std::path::Path;

use kube::core::params::GetParams;
use serde::Deserialize;

use super::Error;
use super::cluster::{Call, Cluster};
use super::resource::PODS;

/// A pod, by what its containers share.
#[derive(Clone, Debug, Deserialize)]
pub struct Pod {
    spec: Spec,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default)]
    containers: Vec<Container>,
    #[serde(default)]
    init_containers: Vec<Container>,
    #[serde(default)]
    ephemeral_containers: Vec<Container>,
    #[serde(default)]
    share_process_namespace: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    name: String,
    #[serde(default)]
    volume_mounts: Vec<VolumeMount>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VolumeMount {
    name: String,
    mount_path: String,
}

impl Pod {
    /// The pod of this name.
    pub async fn get(cluster: &Cluster, namespace: &str, name: &str) -> Result<Self, Error> {
        let request = PODS.requests(Some(namespace));
        let request = request.get(name, &GetParams::default());
        let right = PODS.right("get", Some(namespace), Some(name));
        cluster.read(&Call::new(right, request)?).await
    }

    /// The containers that can read the file at this path of one of them: they
    /// mount the same volume, or see each other's processes.
    pub fn readers(&self, path: &Path) -> Vec<&str> {
        let Some(volume) = self.all().find_map(|container| container.volume_at(path)) else {
            return Vec::new();
        };
        let mounts = |container: &&Container| {
            let mut names = container.volume_mounts.iter().map(|mount| &*mount.name);
            self.spec.share_process_namespace || names.any(|name| name == volume)
        };
        let readers = self.all().filter(mounts);
        readers.map(|container| &*container.name).collect()
    }

    fn all(&self) -> impl Iterator<Item = &Container> {
        let spec = &self.spec;
        let others = spec
            .init_containers
            .iter()
            .chain(&spec.ephemeral_containers);
        spec.containers.iter().chain(others)
    }
}

impl Container {
    /// The volume that a path is in: of several, the innermost.
    fn volume_at(&self, path: &Path) -> Option<&str> {
        let mounts = self.volume_mounts.iter();
        let around = mounts.filter(|mount| path.starts_with(&mount.mount_path));
        let innermost =
            around.max_by_key(|mount| Path::new(&mount.mount_path).components().count());
        innermost.map(|mount| &*mount.name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(app: &Value, shares_processes: bool) -> Pod {
        let token = json!({"name": "vault-token", "mountPath": "/var/run/vault"});
        let data = json!({"name": "data", "mountPath": "/"});
        let object = json!({"spec": {
            "shareProcessNamespace": shares_processes,
            "containers": [{"name": "app", "volumeMounts": app}],
            "initContainers": [{"name": "iamra", "volumeMounts": [data, token]}],
        }});
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn those_who_share_a_volume_read_what_is_in_it() {
        let elsewhere = json!([{"name": "vault-token", "mountPath": "/elsewhere"}]);
        let other = json!([{"name": "data", "mountPath": "/data"}]);
        for (app, shares_processes, readers) in [
            (&other, false, &["iamra"][..]),
            (&elsewhere, false, &["app", "iamra"]),
            (&other, true, &["app", "iamra"]),
        ] {
            let pod = pod(app, shares_processes);
            assert_eq!(pod.readers(Path::new("/var/run/vault/token")), readers);
        }
    }

    #[test]
    fn what_is_in_no_volume_is_nobody_elses() {
        let object = json!({"spec": {"containers": [{"name": "app"}]}});
        let pod: Pod = serde_json::from_value(object).unwrap();
        assert!(pod.readers(Path::new("/token")).is_empty());
    }
}
