use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Map, Value, json};

/// A pod that runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The service account that it runs as.
    pub service_account: String,
    /// The node that it runs on.
    pub node: String,
    /// Its address, where it has one.
    pub ip: Option<IpAddr>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Whether its probes say that it works.
    pub is_ready: bool,
    /// What its specification has beside the node and the account, or in the place
    /// of the one container `app`.
    pub spec: Map<String, Value>,
}

impl Pod {
    /// A pod on the node `node-1`, without an address or labels.
    pub fn named(namespace: &str, name: &str, service_account: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            service_account: service_account.to_owned(),
            node: "node-1".into(),
            ip: None,
            labels: BTreeMap::new(),
            is_ready: true,
            spec: Map::new(),
        }
    }

    /// `spec` and `status`.
    pub(super) fn content(&self) -> Map<String, Value> {
        let ready = if self.is_ready { "True" } else { "False" };
        let mut status = json!({
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": ready}],
        });
        if let Some(ip) = self.ip {
            status["podIP"] = ip.to_string().into();
            status["podIPs"] = json!([{ "ip": ip.to_string() }]);
        }
        let app = json!([{"name": "app", "image": "app"}]);
        let mut spec = Map::from_iter([("containers".to_owned(), app)]);
        spec.extend(self.spec.clone());
        for (name, value) in [
            ("nodeName", &self.node),
            ("serviceAccountName", &self.service_account),
            ("serviceAccount", &self.service_account),
        ] {
            spec.insert(name.to_owned(), value.as_str().into());
        }
        Map::from_iter([
            ("spec".to_owned(), spec.into()),
            ("status".to_owned(), status),
        ])
    }
}
