use serde_json::{Value, json};

use super::{Document, Install, Part};

/// What somebody should be woken for, or told of in the morning; each with a
/// page that says what to do.
pub(super) fn document(install: &Install) -> Document {
    let rules: Vec<Value> = ALERTS
        .iter()
        .filter(|alert| !alert.is_of_leaders || install.scope().leader_election)
        .map(|alert| alert.rule(install))
        .collect();
    Document::new(
        Part::Monitoring,
        json!({
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": install.metadata(),
            "spec": {"groups": [{"name": install.scope().name(), "rules": rules}]},
        }),
    )
}

struct Alert {
    name: &'static str,
    /// `{}` stands for what tells our series from others'. What a replica knows
    /// counts while it leads: the others, and one that led once, know less.
    expression: &'static str,
    lasts: &'static str,
    severity: &'static str,
    summary: &'static str,
    /// The page in `docs/runbooks`.
    page: &'static str,
    is_of_leaders: bool,
}

impl Alert {
    fn rule(&self, install: &Install) -> Value {
        let selector = selector(install);
        json!({
            "alert": self.name,
            "expr": self.expression.replace("{}", &selector),
            "for": self.lasts,
            "labels": {"severity": self.severity},
            "annotations": {
                "summary": self.summary,
                "runbook_url": format!("{RUNBOOKS}/{}.md", self.page),
            },
        })
    }
}

/// Which series are of this installation.
pub(super) fn selector(install: &Install) -> String {
    let scope = install.scope();
    format!(
        "namespace=\"{}\",job=\"{}\"",
        scope.own_namespace,
        scope.name()
    )
}

const RUNBOOKS: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/runbooks");

const ALERTS: [Alert; 9] = [
    Alert {
        name: "IamraDown",
        expression: "absent(up{{}} == 1)",
        lasts: "15m",
        severity: "critical",
        summary: "No iamra runs: tokens in pull secrets end within hours.",
        page: "k8s-down",
        is_of_leaders: false,
    },
    Alert {
        name: "IamraNoLeader",
        expression: "max(iamra_leader{{}}) < 1",
        lasts: "10m",
        severity: "critical",
        summary: "No replica has the Lease, so that nobody writes.",
        page: "k8s-no-leader",
        is_of_leaders: true,
    },
    Alert {
        name: "IamraTokenExpiring",
        expression: "max by (group) (iamra_ecr_token_expiry_seconds{{}}) - time() < 3 * 3600",
        lasts: "5m",
        severity: "critical",
        summary: "There is no new authorization token: the last one ends within three hours.",
        page: "k8s-token-expiring",
        is_of_leaders: false,
    },
    Alert {
        name: "IamraNoToken",
        expression: "sum by (group) (iamra_ecr_token_requests_total{{}} and on (instance) (iamra_leader{{}} == 1)) \
                     unless max by (group) (iamra_ecr_token_expiry_seconds{{}})",
        lasts: "10m",
        severity: "critical",
        summary: "There has been no authorization token since the start.",
        page: "k8s-token-expiring",
        is_of_leaders: false,
    },
    Alert {
        name: "IamraSecretExpiring",
        expression: "min by (group) (iamra_k8s_oldest_secret_expiry_seconds{{}} and on (instance) (iamra_leader{{}} == 1)) \
                     - time() < 2 * 3600",
        lasts: "5m",
        severity: "critical",
        summary: "A Secret has not been replaced: what is in it ends within two hours.",
        page: "k8s-secret-expiring",
        is_of_leaders: false,
    },
    Alert {
        name: "IamraWritesFailing",
        expression: "sum by (group) (increase(iamra_k8s_secret_writes_total{{},result=\"error\"}[15m])) > 0 \
                     or sum by (group) (increase(iamra_k8s_service_accounts_attached_total{{},result=\"error\"}[15m])) > 0",
        lasts: "15m",
        severity: "warning",
        summary: "Secrets cannot be written, or their name cannot be given to service accounts.",
        page: "k8s-writes-failing",
        is_of_leaders: false,
    },
    Alert {
        name: "IamraTargetsFailing",
        expression: "max by (group) (iamra_k8s_targets{{},state=\"failed\"} and on (instance) (iamra_leader{{}} == 1)) > 0",
        lasts: "30m",
        severity: "warning",
        summary: "Namespaces do not have the Secret that they should have.",
        page: "k8s-targets-failing",
        is_of_leaders: false,
    },
    Alert {
        name: "IamraSecretConflicts",
        expression: "max by (group, reason) (iamra_k8s_secret_conflicts{{},reason=~\"foreign|wrong-type|immutable\"} \
                     and on (instance) (iamra_leader{{}} == 1)) > 0",
        lasts: "15m",
        severity: "warning",
        summary: "A Secret of our name is somebody else's, or cannot be changed, and was left alone.",
        page: "k8s-conflicts",
        is_of_leaders: false,
    },
    Alert {
        name: "IamraRepairs",
        expression: "sum by (group) (increase(iamra_k8s_secret_repairs_total{{}}[1h])) > 10",
        lasts: "15m",
        severity: "warning",
        summary: "Secrets are changed or deleted again and again: somebody else writes them, too.",
        page: "k8s-repairs",
        is_of_leaders: false,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alert_has_its_page() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/runbooks");
        for alert in ALERTS {
            let page = format!("{folder}/{}.md", alert.page);
            let text = std::fs::read_to_string(&page).unwrap_or_default();
            assert!(text.contains(&format!("`{}`", alert.name)), "{page}");
        }
    }
}
