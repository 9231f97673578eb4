use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Document, Install, Part};
use crate::k8s::{SYSTEM_NAMESPACES, yaml};

mod secrets;

/// The policy that keeps our service account to its Secrets, and its binding.
///
/// [Validating admission policy](https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/)
pub(super) fn documents(install: &Install) -> Vec<Document> {
    if install.form.is_sidecar() || !install.has_policy {
        return Vec::new();
    }
    let name = install.scope().name_beyond();
    let metadata = json!({"name": name, "labels": install.labels()});
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": metadata,
        "spec": policy(install),
    });
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": metadata,
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    });
    vec![
        Document::new(Part::Admission, policy).with_comment(WHY),
        Document::new(Part::Admission, binding),
    ]
}

const WHY: &str = "\
A role can neither limit the creation of Secrets to a name, nor a change to a field.
This policy does: whoever has the token of our service account can write nothing but
the Secrets of this configuration, each of its own type, and of a service account
nothing but whether it names one of them.";

fn policy(install: &Install) -> Value {
    let validations = [
        (
            not_in(&format!(
                "request.namespace in {}",
                list(&SYSTEM_NAMESPACES)
            )),
            "never in kube-system, kube-public or kube-node-lease",
        ),
        (
            unless_secret("object.?type.orValue('') != 'kubernetes.io/service-account-token'"),
            "never a token of a service account",
        ),
        (
            unless_secret(&secrets::by_type(install)),
            "only the Secrets of this configuration, each of its own type",
        ),
        (
            unless_secret(&secrets::by_marks(install)),
            "of labels and annotations only what this configuration has",
        ),
        (
            unless_secret(secrets::UNOWNED),
            "no owner and no finalizer is given to a Secret",
        ),
        (
            unless_account("request.operation == 'UPDATE'"),
            "no service account is made",
        ),
        (
            unless_account(&others_unchanged()),
            "nothing of a service account but its imagePullSecrets",
        ),
        (
            unless_account("variables.pullSecretsOfOthers == variables.oldPullSecretsOfOthers"),
            "of the imagePullSecrets only the name of our Secret",
        ),
    ];
    let validations = validations.map(|(expression, message)| {
        json!({
            "expression": expression,
            "message": format!("iamra may not do this: {message}"),
        })
    });
    json!({
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [{
            "apiGroups": [""],
            "apiVersions": ["v1"],
            "operations": ["CREATE", "UPDATE"],
            "resources": ["secrets", "serviceaccounts"],
        }]},
        "matchConditions": [{
            "name": "is-iamra",
            "expression": format!(
                "request.userInfo.username == {}",
                quoted(&install.scope().user())
            ),
        }],
        "variables": [
            {"name": "newLabels", "expression": secrets::new("labels")},
            {"name": "newAnnotations", "expression": secrets::new("annotations")},
            {"name": "pullSecretsOfOthers", "expression": of_others(install, "object")},
            {"name": "oldPullSecretsOfOthers", "expression": of_others(install, "oldObject")},
        ],
        "validations": validations,
    })
}

fn not_in(expression: &str) -> String {
    format!("!({expression})")
}

fn unless_secret(expression: &str) -> String {
    format!("request.resource.resource != 'secrets' || {expression}")
}

fn unless_account(expression: &str) -> String {
    format!("request.resource.resource != 'serviceaccounts' || {expression}")
}

/// Every field of a service account that somebody could gain by.
fn others_unchanged() -> String {
    let fields = [
        "metadata.?labels",
        "metadata.?annotations",
        "metadata.?finalizers",
        "metadata.?ownerReferences",
        "?secrets",
        "?automountServiceAccountToken",
    ];
    let unchanged = fields.map(|field| format!("object.{field} == oldObject.{field}"));
    format!("({})", unchanged.join(" && "))
}

/// The `imagePullSecrets` without ours, in their order.
fn of_others(install: &Install, object: &str) -> String {
    let ours = install.secrets.iter().filter(|secret| !secret.is_kept);
    let ours: BTreeSet<&str> = ours.map(|secret| secret.name.as_str()).collect();
    format!(
        "request.resource.resource != 'serviceaccounts' || {object} == null ? [] : \
         {object}.?imagePullSecrets.orValue([]).filter(entry, !(entry.?name.orValue('') in {}))\
         .map(entry, entry.?name.orValue(''))",
        list(&Vec::from_iter(ours))
    )
}

fn list(items: &[&str]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

/// A text of the expression language, as people write it where that is possible.
fn quoted(text: &str) -> String {
    let is_simple = text
        .chars()
        .all(|c| c.is_ascii_graphic() && c != '\'' && c != '\\');
    if is_simple {
        format!("'{text}'")
    } else {
        yaml::quoted(text)
    }
}
