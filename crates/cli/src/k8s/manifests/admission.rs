use serde_json::{Value, json};

use super::{Document, Install, Part};
use crate::k8s::yaml;

/// The policy that keeps our service account to its Secrets, and its binding.
///
/// [Validating admission policy](https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/)
pub(super) fn documents(install: &Install) -> Vec<Document> {
    if install.form.is_sidecar() || !install.has_policy {
        return Vec::new();
    }
    let name = install.scope.name_beyond();
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
            not_in(&format!("request.namespace in {}", list(SYSTEM))),
            "never in kube-system, kube-public or kube-node-lease",
        ),
        (
            unless_secret("object.?type.orValue('') != 'kubernetes.io/service-account-token'"),
            "never a token of a service account",
        ),
        (
            unless_secret(&secrets(install)),
            "only the Secrets of this configuration, each of its own type",
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
                quoted(&install.scope.user())
            ),
        }],
        "variables": [
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

/// Each Secret under its name and with its type; the current token only beside
/// us.
fn secrets(install: &Install) -> String {
    let is = |name: &str, secret_type: &str| {
        format!(
            "object.metadata.name == {} && object.?type.orValue('') == {}",
            quoted(name),
            quoted(secret_type)
        )
    };
    let mut allowed: Vec<String> = install
        .secrets
        .iter()
        .map(|secret| format!("({})", is(&secret.name, &secret.secret_type)))
        .collect();
    if install.scope.keeps_token {
        allowed.push(format!(
            "(request.namespace == {} && {})",
            quoted(&install.scope.own_namespace),
            is(&install.scope.token_secret(), TOKEN_TYPE)
        ));
    }
    format!("({})", allowed.join(" || "))
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
    let ours: Vec<&str> = install
        .secrets
        .iter()
        .map(|secret| secret.name.as_str())
        .collect();
    format!(
        "request.resource.resource != 'serviceaccounts' || {object} == null ? [] : \
         {object}.?imagePullSecrets.orValue([]).filter(entry, !(entry.?name.orValue('') in {}))\
         .map(entry, entry.?name.orValue(''))",
        list(&ours)
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

/// Where nothing of ours belongs.
pub(super) const SYSTEM: &[&str] = &["kube-system", "kube-public", "kube-node-lease"];

/// The type of the Secret with the current token.
const TOKEN_TYPE: &str = "iamra.dev/token";
