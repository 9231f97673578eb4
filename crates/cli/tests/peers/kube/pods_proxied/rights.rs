//! Rights of people, each of which may be missing.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Installed, Scene, path};
use crate::kube::pods::may;
use crate::laboratory::runtime;

/// One of the rights that are listed.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) struct Right {
    pub(super) name: &'static str,
    pub(super) verb: &'static str,
    pub(super) resource: &'static str,
    pub(super) is_of_cluster: bool,
}

impl Right {
    const fn new(name: &'static str, verb: &'static str, resource: &'static str) -> Self {
        Self {
            name,
            verb,
            resource,
            is_of_cluster: false,
        }
    }

    fn rule(self) -> Value {
        let mut rule = json!({
            "apiGroups": [""], "resources": [self.resource], "verbs": [self.verb],
        });
        if self == TOKEN {
            rule["resourceNames"] = json!([VIEWER]);
        }
        rule
    }

    /// As the API server is asked for it.
    fn attributes(self, own: &str) -> Value {
        let (resource, below) = self.resource.split_once('/').unwrap_or((self.resource, ""));
        let namespace = if self.is_of_cluster { "" } else { own };
        let name = if self == TOKEN { VIEWER } else { "" };
        json!({
            "verb": self.verb, "resource": resource, "subresource": below,
            "namespace": namespace, "name": name,
        })
    }
}

/// Somebody who has those rights, once the API server knows it.
pub(super) fn somebody(scene: &Scene, own: &str, (name, rights): (&str, &[Right])) -> Installed {
    scene.create(&path(own, "serviceaccounts"), &named(name));
    for is_of_cluster in [false, true] {
        let rules = rights.iter().filter(|it| it.is_of_cluster == is_of_cluster);
        let rules: Vec<_> = rules.map(|right| right.rule()).collect();
        bind(scene, (own, name, "listed"), is_of_cluster, &json!(rules));
    }
    let people = Installed::of_account(scene.testbed, own.to_owned(), name.to_owned());
    let people = runtime().block_on(people);
    for right in rights {
        known(&people, *right);
    }
    people
}

/// Waits until the API server has heard of it.
pub(super) fn known(people: &Installed, right: Right) {
    let attributes = right.attributes(&people.namespace);
    for _ in 0..300 {
        if runtime().block_on(may(people, attributes.clone())) {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("never allowed: {attributes}");
}

/// A role of an account of ours.
pub(super) fn bind(
    scene: &Scene,
    (own, account, role): (&str, &str, &str),
    is_of_cluster: bool,
    rules: &Value,
) {
    let (kind, below) = if is_of_cluster {
        ("ClusterRole", String::new())
    } else {
        ("Role", format!("namespaces/{own}/"))
    };
    let at = |kind: &str| {
        let plural = format!("{}s", kind.to_lowercase());
        format!("/apis/rbac.authorization.k8s.io/v1/{below}{plural}")
    };
    let name = format!("{account}-{role}");
    let made = json!({"metadata": {"name": name}, "rules": rules});
    scene.create(&at(kind), &made);
    let binding = json!({
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "namespace": own, "name": account}],
    });
    scene.create(&at(&format!("{kind}Binding")), &binding);
}

/// An object of that name.
pub(super) fn named(name: &str) -> Value {
    json!({"metadata": {"name": name}})
}

/// Whose tokens the agents are shown.
pub(super) const VIEWER: &str = "iamra-viewer";
const TOKEN: Right = Right::new("token", "create", "serviceaccounts/token");
pub(super) const PROXY: Right = Right::new("proxy", "get", "pods/proxy");
pub(super) const RIGHTS: [Right; 4] = [
    TOKEN,
    Right::new("pods", "list", "pods"),
    PROXY,
    Right {
        is_of_cluster: true,
        ..Right::new("accounts", "list", "serviceaccounts")
    },
];
