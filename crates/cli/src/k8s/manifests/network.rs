use serde_json::{Value, json};

use super::{Document, Install, Part};

/// Who may be reached, and who may reach us: nobody but those who read metrics.
pub(super) fn document(install: &Install) -> Document {
    let tcp = |port: &u16| json!({"protocol": "TCP", "port": port});
    let mut spec = json!({
        "podSelector": {"matchLabels": install.labels()},
        "policyTypes": ["Ingress", "Egress"],
        "egress": [
            {"ports": [{"protocol": "UDP", "port": 53}, tcp(&53)]},
            {"ports": install.egress.iter().map(tcp).collect::<Vec<Value>>()},
        ],
    });
    if install.is_watched() {
        spec["ingress"] = json!([{"ports": [tcp(&install.metrics_port)]}]);
    }
    Document::new(
        Part::Network,
        json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": install.metadata(),
            "spec": spec,
        }),
    )
}
