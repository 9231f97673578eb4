use serde_json::{Value, json};

use super::{Document, Install, Part};
use crate::k8s::rights::{Place, Rule};
use crate::k8s::role;

/// Who we are, and what we may.
pub(super) fn documents(install: &Install) -> Vec<Document> {
    let account = json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": install.metadata(),
        "automountServiceAccountToken": false,
    });
    let mut documents = vec![Document::new(Part::Access, account)];
    if install.form.is_sidecar() {
        return documents;
    }
    for (place, rules) in role::by_place(&install.scopes.rules()) {
        let [role, binding] = role(install, &place, &rules);
        let role = Document::new(Part::Access, role);
        let is_unlimited = !install.has_policy && creates_secrets(&rules);
        documents.push(if is_unlimited {
            role.with_comment(CREATE)
        } else {
            role
        });
        documents.push(Document::new(Part::Access, binding));
    }
    documents
}

/// What `create` still allows where no policy limits it.
pub(super) const CREATE: &str = "\
Without the ValidatingAdmissionPolicy, the right to create Secrets is a right to
create any Secret in this namespace: a role cannot limit it to a name. Whoever has
the token of our service account could make a kubernetes.io/service-account-token
Secret for any service account of the namespace, but not read what is then in it,
unless that has one of our names.";

fn creates_secrets(rules: &[Rule]) -> bool {
    let creates = |rule: &Rule| rule.resource == "secrets" && rule.verbs.contains(&"create");
    rules.iter().any(creates)
}

/// A role and its binding.
fn role(install: &Install, place: &Place, rules: &[Rule]) -> [Value; 2] {
    let scope = install.scope();
    let name = match place {
        Place::Namespace(namespace) if *namespace == scope.own_namespace => scope.name(),
        Place::Namespace(_) | Place::Cluster => scope.name_beyond(),
    };
    let account = json!({
        "kind": "ServiceAccount",
        "name": scope.name(),
        "namespace": scope.own_namespace,
    });
    let metadata = json!({"name": name, "labels": install.labels()});
    role::documents(place, rules, (metadata, account))
}
