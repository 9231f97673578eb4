use serde_json::{Value, json};

use super::folders::Folders;
use super::{Component, Document, Part, PodsInstall, pod};

/// One on each node.
pub(super) fn document(install: &PodsInstall) -> Document {
    let object = json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": AGENT.metadata(install),
        "spec": {
            "selector": {"matchLabels": AGENT.labels()},
            "updateStrategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": "10%", "maxSurge": 0},
            },
            "template": {
                "metadata": install.pod_metadata(AGENT),
                "spec": pod_spec(install),
            },
        },
    });
    Document::new(Part::Workload, object).with_comment(WHY)
}

fn pod_spec(install: &PodsInstall) -> Value {
    let folders = Folders::of(install, AGENT);
    json!({
        "serviceAccountName": AGENT.name(),
        "automountServiceAccountToken": false,
        "hostNetwork": true,
        // Vault may be a Service of the cluster.
        "dnsPolicy": "ClusterFirstWithHostNet",
        "priorityClassName": "system-node-critical",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"operator": "Exists"}],
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "terminationGracePeriodSeconds": 10,
        "initContainers": [link(install)],
        "containers": [container(install, &folders)],
        "volumes": folders.volumes(),
    })
}

/// Makes the link and ends: what it leaves is the node's.
fn link(install: &PodsInstall) -> Value {
    json!({
        "name": "link",
        "image": install.image,
        "command": ["/iamra"],
        "args": ["k8s", "agent", "--link-init"],
        "securityContext": root_with("NET_ADMIN"),
        "resources": resources(),
    })
}

fn container(install: &PodsInstall, folders: &Folders) -> Value {
    let mut flags = vec![
        "--link=never".to_owned(),
        format!("--metrics-addr=$(NODE_IP):{PORT}"),
    ];
    if install.has_brokers {
        flags.push(format!("--broker-service={}", Component::Broker.name()));
    }
    json!({
        "name": "iamra",
        "image": install.image,
        "command": ["/iamra"],
        "args": AGENT.words(&flags),
        "env": [{
            "name": "NODE_IP",
            "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}},
        }],
        "securityContext": root_with("NET_BIND_SERVICE"),
        "resources": resources(),
        "ports": [{"name": "metrics", "containerPort": PORT}],
        "livenessProbe": pod::probe("/healthz", 30),
        "readinessProbe": pod::probe("/readyz", 10),
        "volumeMounts": folders.mounts(),
    })
}

fn root_with(capability: &str) -> Value {
    json!({
        "runAsUser": 0,
        "runAsGroup": 0,
        "allowPrivilegeEscalation": false,
        "readOnlyRootFilesystem": true,
        "capabilities": {"drop": ["ALL"], "add": [capability]},
        "seccompProfile": {"type": "RuntimeDefault"},
    })
}

fn resources() -> Value {
    json!({
        "requests": {"cpu": "10m", "memory": "16Mi"},
        "limits": {"memory": "64Mi"},
    })
}

const AGENT: Component = Component::Agent;
/// As the EKS agent's metrics.
const PORT: u16 = 2705;

const WHY: &str = "\
On the network of its node, at 169.254.170.23 and fd00:ec2::23 of a link that the init
container makes and leaves there: that one has NET_ADMIN, and the agent has not.
Both are root without any other capability: one that is added for another user does
not count in Kubernetes, and without NET_BIND_SERVICE port 80 is not to be had on
the network of a node, whose sysctls are not ours to set.
Two agents of one node would take the link and its port from each other: the old
one ends before the new one begins (maxSurge 0). Meanwhile pods keep the credentials
that they have, and SDKs ask again.
Metrics and probes are at the node's own address; which accounts the agent knows is shown
there, to tokens of this namespace alone (iamra k8s pods). Where policies keep pods from
connecting out, they need 169.254.170.23/32 and fd00:ec2::23/128, TCP port 80. Where a
quota keeps system-node-critical to kube-system, the namespace needs a ResourceQuota
that allows it.";
