use serde_json::{Value, json};

use super::{Component, Document, Part, PodsInstall};
use crate::k8s::rights::{Place, Rule};
use crate::k8s::role;

/// Who is there, and what each may.
pub(super) fn documents(install: &PodsInstall) -> Vec<Document> {
    let components = install.components();
    components
        .into_iter()
        .flat_map(|component| of_component(install, component))
        .map(|object| Document::new(Part::Access, object))
        .collect()
}

fn of_component(install: &PodsInstall, component: Component) -> Vec<Value> {
    let mut objects = vec![json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": component.metadata(install),
        "automountServiceAccountToken": false,
    })];
    for (place, rules) in role::by_place(&component.rules(install)) {
        objects.extend(roles(install, component, (&place, &rules)));
    }
    objects
}

fn roles(
    install: &PodsInstall,
    component: Component,
    (place, rules): (&Place, &[Rule]),
) -> [Value; 2] {
    let subject = json!({
        "kind": "ServiceAccount",
        "name": component.name(),
        "namespace": install.namespace,
    });
    let metadata = json!({"name": component.name(), "labels": component.labels()});
    let [mut role, binding] = role::documents(place, rules, (metadata, subject));
    let reads_keys = install.verifies_by_keys && component.answers_pods();
    if reads_keys
        && *place == Place::Cluster
        && let Some(rules) = role["rules"].as_array_mut()
    {
        rules.push(json!({"nonResourceURLs": [KEYS], "verbs": ["get"]}));
    }
    [role, binding]
}

/// The cluster's public keys. Where nobody has unbound it, the `ClusterRole`
/// `system:service-account-issuer-discovery` allows the same.
const KEYS: &str = "/openid/v1/jwks";

#[cfg(test)]
mod tests;
