use serde_json::{Value, json};

use super::pod::{SHARED_FOLDER, base, container, metadata, probe, restricted};
use super::{Document, Install, Part};

/// An application, and iamra beside it: it starts first, and ends last.
///
/// [Sidecar containers](https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/)
pub(super) fn document(install: &Install) -> Document {
    let mut beside = container(install);
    let mut spec = base(install);
    if install.has_native_sidecars {
        beside["restartPolicy"] = json!("Always");
        // The application starts when there is something to read.
        beside["startupProbe"] = probe("/readyz", 1);
        beside["startupProbe"]["failureThreshold"] = json!(300);
        spec["initContainers"] = json!([beside]);
        spec["containers"] = json!([application(install)]);
    } else {
        spec["containers"] = json!([application(install), beside]);
    }
    let deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": install.metadata(),
        "spec": {
            "replicas": install.replicas,
            "selector": {"matchLabels": install.labels()},
            "template": {"metadata": metadata(install), "spec": spec},
        },
    });
    Document::new(Part::Workload, deployment).with_comment(APPLICATION)
}

const APPLICATION: &str = "\
The container app stands for yours: put its image there. It gets no token of the
service account, and only reads what iamra puts into the shared memory. Both run as the
same user: files of mode 0600 are enough.";

fn application(install: &Install) -> Value {
    let variables = install.consumer.iter();
    let variables: Vec<Value> = variables
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let mut application = json!({
        "name": "app",
        "image": "app:latest",
        "securityContext": restricted(),
        "volumeMounts": [{"name": "shared", "mountPath": SHARED_FOLDER, "readOnly": true}],
    });
    if !variables.is_empty() {
        application["env"] = json!(variables);
    }
    application
}
