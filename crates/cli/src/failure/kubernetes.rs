use k8s_sinks::kubernetes::{Error, Right};

use super::Failure;
use super::aws::{connection_code, connection_hint};
use crate::explanation::kubernetes;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::of(code(&error), hint(&error), error)
    }
}

/// The failure where no connection to a cluster can be made of what we were told.
pub(crate) fn cluster_connection(error: destination::Error) -> Failure {
    let hint = connection_hint_of(&error);
    Failure::of(connection_code(&error, "kubernetes"), hint, error)
}

fn code(error: &Error) -> &'static str {
    match error {
        Error::NoAnswer { source } => connection_code(source, "kubernetes"),
        Error::DeadlineExceeded { .. } | Error::Unavailable { .. } | Error::Gone { .. } => {
            "kubernetes.unavailable"
        }
        Error::NoAuthorization { .. } => "kubernetes.no-authorization",
        Error::Unauthorized { .. } => "kubernetes.unauthorized",
        Error::Denied { message, .. } if !is_of_rbac(message) => "kubernetes.rejected",
        Error::Denied { .. } => "kubernetes.denied",
        Error::Rejected { .. } => "kubernetes.rejected",
        Error::NotFound { what } if missing_namespace(what).is_some() => {
            "kubernetes.namespace-missing"
        }
        Error::NotFound { .. } => "kubernetes.not-found",
        Error::Terminating { .. } => "kubernetes.terminating",
        Error::AlreadyExists { .. } => "kubernetes.exists",
        Error::Contended { .. } => "kubernetes.contended",
        Error::Foreign { .. } => "kubernetes.foreign",
        Error::WrongType { .. } => "kubernetes.wrong-type",
        Error::Immutable { .. } => "kubernetes.immutable",
        Error::TooLarge { .. } => "kubernetes.too-large",
        Error::Unexplained { .. } | Error::Unusable { .. } => "kubernetes.not-kubernetes",
        Error::Invalid { .. } => "config.invalid",
        _ => "kubernetes.failed",
    }
}

fn hint(error: &Error) -> Option<String> {
    let cause = match error {
        Error::NoAnswer { source } => return connection_hint_of(source),
        Error::Denied { message, .. } if !is_of_rbac(message) => return Some(refused(message)),
        Error::Denied { right, .. } => return Some(missing_rule(right)),
        Error::Rejected { message, .. } => return Some(refused(message)),
        Error::NotFound { what } => {
            let namespace = missing_namespace(what)?;
            return Some(format!(
                "make it: kubectl create namespace {namespace}; or name another one, or \
                 --namespace-selector, which takes it when it is there"
            ));
        }
        Error::Foreign {
            namespace, name, ..
        } => {
            return Some(format!(
                "take it over: iamra k8s adopt {namespace}/{name}; or say --on-foreign merge or adopt, \
                 or another --secret-name"
            ));
        }
        Error::WrongType {
            namespace, name, ..
        } => {
            return Some(format!(
                "a type never changes: name another one with --secret-name, or the --secret-format of \
                 that type, or, if nobody uses it, kubectl -n {namespace} delete secret {name}"
            ));
        }
        Error::Immutable { namespace, name } => {
            return Some(format!(
                "nobody can change it: name another one with --secret-name, or, if nobody uses it, \
                 kubectl -n {namespace} delete secret {name}"
            ));
        }
        Error::DeadlineExceeded { .. } => kubernetes::SILENT,
        Error::Unauthorized { .. } => kubernetes::UNAUTHORIZED,
        Error::Terminating { .. } => kubernetes::TERMINATING,
        Error::Contended { .. } => kubernetes::CONTENDED,
        Error::TooLarge { .. } => kubernetes::TOO_LARGE,
        Error::Unexplained { .. } | Error::Unusable { .. } => kubernetes::NOT_KUBERNETES,
        _ => return None,
    };
    Some(cause.fix.to_owned())
}

/// The rule of a role that is missing, as a line of its `rules`.
fn missing_rule(right: &Right) -> String {
    let Right {
        verb,
        group,
        resource,
        ..
    } = right;
    if right.is_for_path() {
        return format!(
            r#"a ClusterRole must allow it: - {{nonResourceURLs: ["{resource}"], verbs: ["{verb}"]}}"#
        );
    }
    let names = right
        .name
        .as_ref()
        .map(|name| format!(r#"resourceNames: ["{name}"], "#));
    let names = names.unwrap_or_default();
    let place = match &right.namespace {
        Some(namespace) => format!("a Role in {namespace}"),
        None => "a ClusterRole".to_owned(),
    };
    format!(
        r#"{place} must allow it: - {{apiGroups: ["{group}"], resources: ["{resource}"], {names}verbs: ["{verb}"]}}; iamra k8s manifests prints all rules of this configuration"#
    )
}

/// What refuses where RBAC does not.
fn refused(message: &str) -> String {
    let who = if message.contains("quota") {
        kubernetes::QUOTA
    } else if message.contains("webhook") {
        kubernetes::WEBHOOK
    } else if message.contains("ValidatingAdmissionPolicy") {
        kubernetes::POLICY
    } else {
        kubernetes::REJECTED
    };
    who.fix.to_owned()
}

/// RBAC, ABAC and the node authorizer speak alike; admission speaks otherwise,
/// with the same status.
fn is_of_rbac(message: &str) -> bool {
    message.contains(" cannot ") || message == "no reason is given"
}

fn missing_namespace(what: &str) -> Option<&str> {
    what.strip_prefix("namespace ")
}

fn connection_hint_of(error: &destination::Error) -> Option<String> {
    let cause = match error {
        destination::Error::ClientCertificateRefused { .. } => kubernetes::CLIENT_CERTIFICATE,
        destination::Error::InvalidProxy => kubernetes::PROXY,
        error => return connection_hint(error, AUTHORITY),
    };
    Some(cause.fix.to_owned())
}

const AUTHORITY: &str = "certificate-authority in the kubeconfig";

#[cfg(test)]
mod tests;
