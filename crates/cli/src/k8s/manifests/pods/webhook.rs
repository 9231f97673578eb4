use serde_json::{Value, json};

use super::replicated::Replicated;
use super::{Component, Document, Part, PodsInstall};

/// Who gives pods the variables and the token that SDKs look for.
pub(super) fn documents(install: &PodsInstall) -> Vec<Document> {
    let name = WEBHOOK.name();
    let webhook = Replicated {
        component: WEBHOOK,
        port: ("reviews", PORT),
        flags: vec![
            format!("--webhook-configuration={name}"),
            format!("--webhook-service={name}"),
            format!("--listen=[::]:{PORT}"),
        ],
    };
    let service = webhook.service(install, SERVICE_PORT);
    let [deployment, budget] = webhook.documents(install);
    vec![
        Document::new(Part::Workload, service),
        deployment,
        budget,
        Document::new(Part::Admission, configuration(install)).with_comment(IGNORE),
    ]
}

/// [MutatingWebhookConfiguration](https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/mutating-webhook-configuration-v1/)
fn configuration(install: &PodsInstall) -> Value {
    let mut metadata = WEBHOOK.metadata(install);
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.remove("namespace");
    }
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": metadata,
        "webhooks": [{
            "name": "pods.iamra.dev",
            "admissionReviewVersions": ["v1"],
            "clientConfig": {"service": {
                "name": WEBHOOK.name(),
                "namespace": install.namespace,
                "path": "/mutate",
                "port": SERVICE_PORT,
            }},
            "rules": [{
                "operations": ["CREATE"],
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "resources": ["pods"],
                "scope": "Namespaced",
            }],
            "failurePolicy": "Ignore",
            "sideEffects": "None",
            "reinvocationPolicy": "IfNeeded",
            "timeoutSeconds": 5,
            "namespaceSelector": {"matchExpressions": [{
                "key": "kubernetes.io/metadata.name",
                "operator": "NotIn",
                "values": ["kube-system", install.namespace],
            }]},
            "objectSelector": {"matchExpressions": [{
                "key": "iamra.dev/skip-webhook",
                "operator": "DoesNotExist",
            }]},
        }],
    })
}

const WEBHOOK: Component = Component::Webhook;
pub(super) const PORT: u16 = 9443;
const SERVICE_PORT: u16 = 443;

const IGNORE: &str = "\
While the webhook is away, pods begin without the variables (Ignore): that is repaired
by a new pod, and a cluster in which no pod begins is not. The webhook sets caBundle
itself: who compares the cluster with this file must leave that field out.";
