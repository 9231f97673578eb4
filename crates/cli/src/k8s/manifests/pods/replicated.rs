use serde_json::{Value, json};

use super::folders::Folders;
use super::{Component, Document, Part, PodsInstall, pod};

/// What runs twice, and not on each node.
pub(super) struct Replicated {
    pub(super) component: Component,
    /// The name of its port, and its number.
    pub(super) port: (&'static str, u16),
    /// The flags that are not in the config file.
    pub(super) flags: Vec<String>,
}

impl Replicated {
    /// Two, of which one is always there.
    pub(super) fn documents(&self, install: &PodsInstall) -> [Document; 2] {
        let deployment = json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": self.component.metadata(install),
            "spec": {
                "replicas": 2,
                // Until the one that comes knows what the one that goes had.
                "minReadySeconds": 10,
                "strategy": {
                    "type": "RollingUpdate",
                    "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
                },
                "selector": {"matchLabels": self.component.labels()},
                "template": {
                    "metadata": install.pod_metadata(self.component),
                    "spec": self.pod_spec(install),
                },
            },
        });
        let budget = json!({
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": self.component.metadata(install),
            "spec": {
                "minAvailable": 1,
                "selector": {"matchLabels": self.component.labels()},
            },
        });
        [deployment, budget].map(|object| Document::new(Part::Workload, object))
    }

    /// Its Service; without an address where callers choose among the replicas.
    pub(super) fn service(&self, install: &PodsInstall, port: u16) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": self.component.metadata(install),
            "spec": {
                "selector": self.component.labels(),
                "ports": [{"name": self.port.0, "port": port, "targetPort": self.port.0}],
            },
        })
    }

    fn pod_spec(&self, install: &PodsInstall) -> Value {
        let folders = Folders::of(install, self.component);
        json!({
            "serviceAccountName": self.component.name(),
            "automountServiceAccountToken": false,
            "securityContext": pod::nobody(),
            "terminationGracePeriodSeconds": 10,
            // Two of them on one node end together with it.
            "topologySpreadConstraints": [{
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": self.component.labels()},
            }],
            "containers": [self.container(install, &folders)],
            "volumes": folders.volumes(),
        })
    }

    fn container(&self, install: &PodsInstall, folders: &Folders) -> Value {
        let (name, port) = self.port;
        let metrics = [format!("--metrics-addr=[::]:{METRICS_PORT}")];
        json!({
            "name": "iamra",
            "image": install.image,
            "command": ["/iamra"],
            "args": self.component.words(&[&self.flags[..], &metrics].concat()),
            "securityContext": pod::restricted(),
            "resources": pod::resources(),
            "ports": [
                {"name": name, "containerPort": port},
                {"name": "metrics", "containerPort": METRICS_PORT},
            ],
            "livenessProbe": pod::probe("/healthz", 30),
            "readinessProbe": pod::probe("/readyz", 10),
            "volumeMounts": folders.mounts(),
        })
    }
}

pub(super) const METRICS_PORT: u16 = 9090;
