//! Roles of a cluster, as they are applied.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::rights::{Place, Rule};

/// Rules by the role that they belong into.
pub(crate) fn by_place(rules: &[Rule]) -> BTreeMap<Place, Vec<Rule>> {
    let mut places: BTreeMap<Place, Vec<Rule>> = BTreeMap::new();
    for rule in rules {
        places
            .entry(rule.place.clone())
            .or_default()
            .push(rule.clone());
    }
    places
}

/// A role of this name and these labels, and its binding to a subject.
pub(crate) fn documents(
    place: &Place,
    rules: &[Rule],
    (mut metadata, subject): (Value, Value),
) -> [Value; 2] {
    let prefix = match place {
        Place::Cluster => "Cluster",
        Place::Namespace(namespace) => {
            metadata["namespace"] = json!(namespace);
            ""
        }
    };
    let rules: Vec<Value> = rules.iter().map(Rule::document).collect();
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": format!("{prefix}Role"),
        "metadata": metadata,
        "rules": rules,
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": format!("{prefix}RoleBinding"),
        "metadata": metadata,
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": format!("{prefix}Role"),
            "name": metadata["name"],
        },
        "subjects": [subject],
    });
    [role, binding]
}
