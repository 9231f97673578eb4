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
        }
    }

    /// `spec` and `status`.
    pub(super) fn content(&self) -> Map<String, Value> {
        let mut status = json!({"phase": "Running"});
        if let Some(ip) = self.ip {
            status["podIP"] = ip.to_string().into();
            status["podIPs"] = json!([{ "ip": ip.to_string() }]);
        }
        let spec = json!({
            "nodeName": self.node,
            "serviceAccountName": self.service_account,
            "serviceAccount": self.service_account,
            "containers": [{"name": "app", "image": "app"}],
        });
        Map::from_iter([("spec".to_owned(), spec), ("status".to_owned(), status)])
    }
}
