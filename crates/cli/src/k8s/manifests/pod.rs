use serde_json::{Value, json};

use super::Install;
use super::carried::{CONFIG_FOLDER, SECRET_FOLDER};

/// A token of our service account for Vault alone.
#[derive(Debug)]
pub(crate) struct VaultToken {
    pub(super) audience: String,
}

/// A pod that runs iamra alone.
pub(super) fn template(install: &Install) -> Value {
    let mut spec = base(install);
    spec["containers"] = json!([container(install)]);
    json!({"metadata": metadata(install), "spec": spec})
}

pub(super) fn metadata(install: &Install) -> Value {
    json!({
        "labels": install.labels(),
        // Other settings are other pods.
        "annotations": {FINGERPRINT: install.carried.fingerprint()},
    })
}

/// What holds for all containers of the pod.
pub(super) fn base(install: &Install) -> Value {
    json!({
        "serviceAccountName": install.scope().name(),
        // No container gets a token that does not need one.
        "automountServiceAccountToken": false,
        "securityContext": nobody(),
        "terminationGracePeriodSeconds": 10,
        "volumes": volumes(install),
    })
}

/// A pod that is nobody, and may read what is mounted.
pub(super) fn nobody() -> Value {
    json!({
        "runAsNonRoot": true,
        "runAsUser": NOBODY,
        "runAsGroup": NOBODY,
        "fsGroup": NOBODY,
        "seccompProfile": {"type": "RuntimeDefault"},
    })
}

/// The container of iamra.
pub(super) fn container(install: &Install) -> Value {
    let mut container = json!({
        "name": "iamra",
        "image": install.image,
        "command": ["/iamra"],
        "args": words(install),
        "securityContext": restricted(),
        "resources": resources(),
        "volumeMounts": mounts(install),
    });
    if !install.form.is_sidecar() {
        let own = json!({"fieldRef": {"fieldPath": "metadata.namespace"}});
        container["env"] = json!([{"name": "POD_NAMESPACE", "valueFrom": own}]);
    }
    if install.is_watched() || install.form.is_sidecar() {
        let port = install.metrics_port;
        container["ports"] = json!([{"name": "metrics", "containerPort": port}]);
        container["livenessProbe"] = probe("/healthz", 30);
        container["readinessProbe"] = probe("/readyz", 10);
    }
    container
}

pub(super) fn probe(path: &str, period: u32) -> Value {
    json!({
        "httpGet": {"path": path, "port": "metrics"},
        "periodSeconds": period,
        "timeoutSeconds": 5,
    })
}

/// [Restricted](https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted),
/// and nothing to write to.
pub(super) fn restricted() -> Value {
    json!({
        "allowPrivilegeEscalation": false,
        "readOnlyRootFilesystem": true,
        "runAsNonRoot": true,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    })
}

pub(super) fn resources() -> Value {
    json!({
        "requests": {"cpu": "10m", "memory": "32Mi"},
        "limits": {"memory": "128Mi"},
    })
}

fn words(install: &Install) -> Vec<String> {
    let words = install.form.words();
    if !install.is_sandbox {
        return words;
    }
    let inside = ["sandbox", "--", "/iamra"].map(str::to_owned);
    inside.into_iter().chain(words).collect()
}

fn volumes(install: &Install) -> Vec<Value> {
    let mut volumes = vec![json!({
        "name": "config",
        "configMap": {"name": install.scope().name()},
    })];
    if !install.form.is_sidecar() {
        volumes.push(api_token());
    }
    if let Some(token) = &install.vault_token {
        volumes.push(json!({
            "name": "vault-token",
            "projected": {"sources": [{"serviceAccountToken": {
                "path": "token",
                "audience": token.audience,
                "expirationSeconds": 600,
            }}]},
        }));
    }
    if install.carried.has_secret_files() {
        volumes.push(json!({
            "name": "files",
            "secret": {"secretName": install.secret_with_files(), "defaultMode": 0o440},
        }));
    }
    if install.form.is_sidecar() {
        volumes.push(json!({"name": "shared", "emptyDir": in_memory("16Mi")}));
    }
    if install.is_sandbox {
        volumes.push(json!({"name": "tmp", "emptyDir": in_memory("16Mi")}));
    }
    volumes
}

/// What the service account's admission would mount into every container:
/// here it is for one.
pub(super) fn api_token() -> Value {
    let own = json!([{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]);
    let ca = json!([{"key": "ca.crt", "path": "ca.crt"}]);
    json!({
        "name": "api-token",
        "projected": {"sources": [
            {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
            {"configMap": {"name": "kube-root-ca.crt", "items": ca}},
            {"downwardAPI": {"items": own}},
        ]},
    })
}

fn in_memory(limit: &str) -> Value {
    json!({"medium": "Memory", "sizeLimit": limit})
}

fn mounts(install: &Install) -> Vec<Value> {
    let read_only =
        |name: &str, path: &str| json!({"name": name, "mountPath": path, "readOnly": true});
    let mut mounts = vec![read_only("config", CONFIG_FOLDER)];
    if !install.form.is_sidecar() {
        mounts.push(read_only("api-token", API_TOKEN_FOLDER));
    }
    if install.vault_token.is_some() {
        mounts.push(read_only("vault-token", VAULT_TOKEN_FOLDER));
    }
    if install.carried.has_secret_files() {
        mounts.push(read_only("files", SECRET_FOLDER));
    }
    if install.form.is_sidecar() {
        mounts.push(json!({"name": "shared", "mountPath": SHARED_FOLDER}));
    }
    if install.is_sandbox {
        mounts.push(json!({"name": "tmp", "mountPath": "/tmp"}));
    }
    mounts
}

/// Whom the images run as.
const NOBODY: u32 = 65534;
/// Where every client of the API looks.
pub(super) const API_TOKEN_FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// The annotation that changes with the settings.
pub(super) const FINGERPRINT: &str = "iamra.dev/settings";
const VAULT_TOKEN_FOLDER: &str = "/var/run/secrets/iamra.dev/vault";
/// The token for Vault.
pub(super) const VAULT_TOKEN: &str = "/var/run/secrets/iamra.dev/vault/token";
/// What a sidecar and the application have in common.
pub(super) const SHARED_FOLDER: &str = "/run/iamra";
