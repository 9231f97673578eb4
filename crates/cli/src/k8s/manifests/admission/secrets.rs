//! What the policy allows of Secrets.

use std::collections::BTreeMap;

use k8s_sinks::kubernetes::{CONTENT_ID, EXPIRES_AT, REFRESHED_AT, SCHEMA};

use super::super::Install;
use super::super::install::WrittenSecret;
use super::{list, quoted};
use crate::k8s::REGISTRIES;

/// Each under its name and with its type.
pub(super) fn by_type(install: &Install) -> String {
    any(install, |secret| {
        let secret_type = quoted(&secret.secret_type);
        format!("object.?type.orValue('') == {secret_type}")
    })
}

/// Each with what this configuration marks it by. By the marks of others,
/// somebody could have another controller copy it, or fill it with what we may
/// not read.
pub(super) fn by_marks(install: &Install) -> String {
    any(install, |secret| {
        let labels = has_value("labels", &secret.labels);
        let annotations = has_value("annotations", &secret.annotations);
        format!(
            "variables.newLabels.all(key, {labels}) && \
             variables.newAnnotations.all(key, key in {}{})",
            list(&OURS),
            if secret.annotations.is_empty() {
                String::new()
            } else {
                format!(" || {annotations}")
            }
        )
    })
}

/// The keys of what is not as it was.
pub(super) fn new(field: &str) -> String {
    format!(
        "request.resource.resource != 'secrets' || object == null ? [] : \
         object.metadata.?{field}.orValue({{}}).filter(key, oldObject == null || \
         oldObject.metadata.?{field}[?key] != optional.of(object.metadata.{field}[key]))"
    )
}

/// By an owner, others would delete it; by a finalizer, nobody could.
pub(super) const UNOWNED: &str = "\
(oldObject == null ? !has(object.metadata.finalizers) && !has(object.metadata.ownerReferences) : \
object.metadata.?finalizers == oldObject.metadata.?finalizers && \
object.metadata.?ownerReferences == oldObject.metadata.?ownerReferences)";

/// Whether one of our Secrets is meant, of which this holds; the current tokens
/// are kept beside us alone.
fn any(install: &Install, holds: impl Fn(&WrittenSecret) -> String) -> String {
    let mut allowed: Vec<String> = Vec::new();
    for secret in &install.secrets {
        let name = format!("object.metadata.name == {}", quoted(&secret.name));
        let place = if secret.is_kept {
            let own = quoted(&install.scope().own_namespace);
            format!("request.namespace == {own} && ")
        } else {
            String::new()
        };
        let case = format!("({place}{name} && {})", holds(secret));
        // Several groups may write Secrets of one name and kind.
        if !allowed.contains(&case) {
            allowed.push(case);
        }
    }
    format!("({})", allowed.join(" || "))
}

/// Whether a key is one of these, and has its value.
fn has_value(field: &str, values: &BTreeMap<String, String>) -> String {
    let entries = values.iter();
    let entries = entries.map(|(key, value)| format!("{}: {}", quoted(key), quoted(value)));
    let entries = format!("{{{}}}", entries.collect::<Vec<_>>().join(", "));
    format!("(key in {entries} && {entries}[key] == object.metadata.{field}[key])")
}

/// What each write says of itself.
const OURS: [&str; 5] = [CONTENT_ID, EXPIRES_AT, REFRESHED_AT, REGISTRIES, SCHEMA];
