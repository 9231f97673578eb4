use serde_json::{Value, json};

use super::alerts::selector;
use super::{Document, Install, Part};

/// A dashboard for Grafana's sidecar, which looks for
/// `ConfigMap`s with this label.
pub(super) fn document(install: &Install) -> Document {
    let name = install.scope().name();
    let mut metadata = install.metadata_of(&format!("{name}-dashboard"));
    metadata["labels"]["grafana_dashboard"] = json!("1");
    // Of a value that is made here, nothing can fail.
    let text = serde_json::to_string_pretty(&dashboard(install)).unwrap_or_default();
    Document::new(
        Part::Monitoring,
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": {format!("{name}.json"): text + "\n"},
        }),
    )
}

fn dashboard(install: &Install) -> Value {
    let selector = selector(install);
    let panels = PANELS.iter().enumerate();
    let panels: Vec<Value> = panels
        .map(|(number, panel)| panel.document(number, &selector))
        .collect();
    json!({
        "uid": format!("{}-{}", install.scope().name(), install.scope().own_namespace),
        "title": format!("iamra {} ({})", install.scope().config, install.scope().own_namespace),
        "tags": ["iamra"],
        "timezone": "utc",
        "schemaVersion": 39,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": [{
            "name": "datasource",
            "label": "Data source",
            "type": "datasource",
            "query": "prometheus",
        }]},
        "panels": panels,
    })
}

struct Panel {
    title: &'static str,
    /// `{}` stands for what tells our series from others'.
    expression: &'static str,
    legend: &'static str,
    unit: &'static str,
}

impl Panel {
    fn document(&self, number: usize, selector: &str) -> Value {
        let source = json!({"type": "prometheus", "uid": "${datasource}"});
        json!({
            "id": number + 1,
            "type": "timeseries",
            "title": self.title,
            "datasource": source,
            "gridPos": {"h": 8, "w": 12, "x": 12 * (number % 2), "y": 8 * (number / 2)},
            "fieldConfig": {"defaults": {"unit": self.unit, "min": 0}, "overrides": []},
            "targets": [{
                "refId": "A",
                "datasource": source,
                "expr": self.expression.replace("{}", selector),
                "legendFormat": self.legend,
            }],
        })
    }
}

const PANELS: [Panel; 8] = [
    Panel {
        title: "Life left of the authorization token",
        expression: "max by (group) (iamra_ecr_token_expiry_seconds{{}}) - time()",
        legend: "{{group}}",
        unit: "s",
    },
    Panel {
        title: "Life left of the oldest Secret",
        expression: "min by (group) (iamra_k8s_oldest_secret_expiry_seconds{{}} and on (instance) (iamra_leader{{}} == 1)) - time()",
        legend: "{{group}}",
        unit: "s",
    },
    Panel {
        title: "Targets",
        expression: "sum by (state) (iamra_k8s_targets{{}} and on (instance) (iamra_leader{{}} == 1))",
        legend: "{{state}}",
        unit: "short",
    },
    Panel {
        title: "Writes",
        expression: "sum by (result) (rate(iamra_k8s_secret_writes_total{{}}[5m]))",
        legend: "{{result}}",
        unit: "ops",
    },
    Panel {
        title: "How long a write takes (99 %)",
        expression: "histogram_quantile(0.99, sum by (le) \
                     (rate(iamra_k8s_write_duration_seconds_bucket{{}}[5m])))",
        legend: "p99",
        unit: "s",
    },
    Panel {
        title: "Repairs",
        expression: "sum(increase(iamra_k8s_secret_repairs_total{{}}[1h]))",
        legend: "in an hour",
        unit: "short",
    },
    Panel {
        title: "Namespaces without the Secret",
        expression: "sum by (reason) (iamra_k8s_secret_conflicts{{}} and on (instance) (iamra_leader{{}} == 1))",
        legend: "{{reason}}",
        unit: "short",
    },
    Panel {
        title: "Requests for tokens",
        expression: "sum by (group, result) (increase(iamra_ecr_token_requests_total{{}}[1h]))",
        legend: "{{group}} {{result}}",
        unit: "short",
    },
];
