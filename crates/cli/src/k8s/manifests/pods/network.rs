use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::replicated::METRICS_PORT;
use super::{Component, Document, Part, PodsInstall, broker, webhook};
use crate::k8s::manifests::install::egress;

/// Who may be reached, and who may reach us. Agents are on the network of their
/// nodes, where no policy counts.
pub(super) fn documents(install: &PodsInstall) -> Vec<Document> {
    let mut documents = Vec::new();
    if install.has_brokers {
        // They ask each other, too.
        let mut egress = install.egress.clone();
        egress.insert(broker::PORT);
        let policy = policy(install, Component::Broker, (broker::PORT, &egress));
        documents.push(policy.with_comment(ANYBODY));
    }
    if install.has_webhook {
        let egress = egress::of_api();
        let policy = policy(install, Component::Webhook, (webhook::PORT, &egress));
        documents.push(policy.with_comment(API_SERVER));
    }
    documents
}

/// The port is open, and that of metrics.
fn policy(
    install: &PodsInstall,
    component: Component,
    (port, egress): (u16, &BTreeSet<u16>),
) -> Document {
    let tcp = |port: &u16| json!({"protocol": "TCP", "port": port});
    Document::new(
        Part::Network,
        json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": component.metadata(install),
            "spec": {
                "podSelector": {"matchLabels": component.labels()},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"ports": [tcp(&port), tcp(&METRICS_PORT)]}],
                "egress": [
                    {"ports": [{"protocol": "UDP", "port": 53}, tcp(&53)]},
                    {"ports": egress.iter().map(tcp).collect::<Vec<Value>>()},
                ],
            },
        }),
    )
}

const ANYBODY: &str = "\
Agents are on the network of their nodes, which no selector of pods names: the port is
open to anybody, and the certificate decides. A broker answers that of iamra-agent
alone, and that of other brokers.";

const API_SERVER: &str = "\
The API server is in no pod of the cluster that a selector could name.";
