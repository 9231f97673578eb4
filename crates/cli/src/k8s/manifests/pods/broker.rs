use serde_json::json;

use super::replicated::Replicated;
use super::{Component, Document, Part, PodsInstall};

/// Who holds the sessions of the cluster's accounts.
pub(super) fn documents(install: &PodsInstall) -> Vec<Document> {
    let name = BROKER.name();
    let brokers = Replicated {
        component: BROKER,
        port: ("agents", PORT),
        flags: vec![
            format!("--broker-service={name}"),
            format!("--listen=[::]:{PORT}"),
        ],
    };
    let mut service = brokers.service(install, PORT);
    service["spec"]["clusterIP"] = json!("None");
    let [deployment, budget] = brokers.documents(install);
    vec![
        Document::new(Part::Workload, service).with_comment(HEADLESS),
        deployment,
        budget,
    ]
}

const BROKER: Component = Component::Broker;
pub(super) const PORT: u16 = 8443;

const HEADLESS: &str = "\
Without an address of its own: agents choose among the brokers by the account, so that
each account has one session.";
