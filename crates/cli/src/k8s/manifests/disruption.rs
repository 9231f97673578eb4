use serde_json::json;

use super::install::Form;
use super::{Document, Install, Part};

/// With several replicas, one stays while nodes are emptied.
pub(super) fn document(install: &Install) -> Option<Document> {
    let is_several = install.form == Form::Deployment && install.replicas > 1;
    let budget = json!({
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": install.metadata(),
        "spec": {
            "minAvailable": 1,
            "selector": {"matchLabels": install.labels()},
        },
    });
    is_several.then(|| Document::new(Part::Workload, budget))
}
