use serde_json::json;

use super::{Document, Install, Part};

/// Where Prometheus finds us: a Service without an address, and the operator's
/// word for it.
pub(super) fn documents(install: &Install) -> Vec<Document> {
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": install.metadata(),
        "spec": {
            "clusterIP": "None",
            // One that is not ready has the most to tell.
            "publishNotReadyAddresses": true,
            "selector": install.labels(),
            "ports": [{"name": "metrics", "port": install.metrics_port, "targetPort": "metrics"}],
        },
    });
    let monitor = json!({
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": install.metadata(),
        "spec": {
            "selector": {"matchLabels": install.labels()},
            "endpoints": [{"port": "metrics", "interval": "30s"}],
        },
    });
    vec![
        Document::new(Part::Monitoring, service),
        Document::new(Part::Monitoring, monitor).with_comment(OPERATOR),
    ]
}

const OPERATOR: &str = "\
ServiceMonitor and PrometheusRule are kinds of the Prometheus operator; where it is
not installed, leave them out.";
