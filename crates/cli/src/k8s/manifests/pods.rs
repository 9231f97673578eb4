//! What pod identity needs in a cluster: agents, and brokers and a webhook where
//! they are wanted.

use serde_json::json;

use super::{Document, Part, carried, names, pod};

mod access;
mod agent;
mod broker;
mod component;
mod config;
mod folders;
mod install;
mod network;
mod replicated;
mod webhook;

use component::Component;
pub(crate) use install::{PodsInstall, is_meant};

/// Every object of it, in the order in which they are applied: the API server
/// asks the webhook last.
pub(crate) fn documents(install: &PodsInstall) -> Vec<Document> {
    let mut documents = vec![namespace(install)];
    documents.extend(access::documents(install));
    documents.extend(config::documents(install));
    documents.extend(network::documents(install));
    documents.push(agent::document(install));
    if install.has_brokers {
        documents.extend(broker::documents(install));
    }
    if install.has_webhook {
        documents.extend(webhook::documents(install));
    }
    documents
}

/// [Pod Security Standards](https://kubernetes.io/docs/concepts/security/pod-security-standards/)
fn namespace(install: &PodsInstall) -> Document {
    Document::new(
        Part::Access,
        json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": install.namespace,
                "labels": {"pod-security.kubernetes.io/enforce": "privileged"},
            },
        }),
    )
    .with_comment(PRIVILEGED)
}

const PRIVILEGED: &str = "\
Privileged: agents are on the network of their nodes (hostNetwork), and make a link
there (NET_ADMIN). Nothing else here needs more than the restricted standard allows.";
