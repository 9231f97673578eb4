use serde_json::{Value, json};

use super::carried::{CONFIG_FOLDER, SECRET_FOLDER};
use super::{Component, PodsInstall, config, pod};

/// What is mounted into a pod, each where, and nothing of it to be written to.
pub(super) struct Folders(Vec<(Value, &'static str)>);

impl Folders {
    pub(super) fn of(install: &PodsInstall, component: Component) -> Self {
        let mut folders = vec![
            (config_map("config", config::CONFIG), CONFIG_FOLDER),
            (pod::api_token(), pod::API_TOKEN_FOLDER),
        ];
        if component.has_own_certificate(install) {
            folders.push((pod_token(&install.audience), POD_TOKEN_FOLDER));
        }
        if component.answers_pods() && install.associations.is_some() {
            let list = config_map("associations", config::ASSOCIATIONS);
            folders.push((list, config::ASSOCIATIONS_FOLDER));
        }
        if component.answers_pods() && install.carried.has_secret_files() {
            let secret = json!({"secretName": config::FILES, "defaultMode": 0o440});
            let files = json!({"name": "files", "secret": secret});
            folders.push((files, SECRET_FOLDER));
        }
        Self(folders)
    }

    pub(super) fn volumes(&self) -> Vec<&Value> {
        self.0.iter().map(|(volume, _)| volume).collect()
    }

    pub(super) fn mounts(&self) -> Vec<Value> {
        let mount = |(volume, path): &(Value, &str)| json!({"name": volume["name"], "mountPath": path, "readOnly": true});
        self.0.iter().map(mount).collect()
    }
}

fn config_map(name: &str, of: &str) -> Value {
    json!({"name": name, "configMap": {"name": of}})
}

/// By which we are a pod like any other: it logs in to Vault for our own
/// certificate.
fn pod_token(audience: &str) -> Value {
    json!({
        "name": "eks-pod-identity-token",
        "projected": {"sources": [{"serviceAccountToken": {
            "path": "eks-pod-identity-token",
            "audience": audience,
            "expirationSeconds": 3600,
        }}]},
    })
}

/// Where EKS's webhook has it, and where it is looked for.
const POD_TOKEN_FOLDER: &str = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
