use std::time::Duration;

use k8s_sinks::kubernetes::ForeignReason;

use super::*;
use crate::exit::Exit;

/// An error; code, exit code, and a part of the hint.
type Row = (Error, &'static str, Exit, &'static str);

#[test]
fn each_error_has_a_code_and_says_what_to_do() {
    check(vec![
        (
            Error::Unauthorized {
                message: "Unauthorized".to_owned(),
            },
            "kubernetes.unauthorized",
            Exit::Denied,
            "kubelet renews the token",
        ),
        (
            Error::NoAuthorization {
                reason: "it is empty".to_owned(),
                may_pass: true,
            },
            "kubernetes.no-authorization",
            Exit::Unavailable,
            "",
        ),
        (
            Error::NotFound {
                what: "namespace a".to_owned(),
            },
            "kubernetes.namespace-missing",
            Exit::Configuration,
            "kubectl create namespace a;",
        ),
        (
            Error::NotFound {
                what: "secret a/b".to_owned(),
            },
            "kubernetes.not-found",
            Exit::Configuration,
            "",
        ),
        (
            Error::Terminating {
                namespace: "a".to_owned(),
            },
            "kubernetes.terminating",
            Exit::Configuration,
            "--exclude-namespace",
        ),
        (
            Error::Contended {
                what: "secret a/b".to_owned(),
            },
            "kubernetes.contended",
            Exit::Unavailable,
            "managedFields",
        ),
        (
            Error::Unavailable {
                status: 503,
                message: "later".to_owned(),
                retry_after: None,
            },
            "kubernetes.unavailable",
            Exit::Unavailable,
            "",
        ),
        (
            Error::DeadlineExceeded {
                after: Duration::from_secs(30),
                last: None,
            },
            "kubernetes.unavailable",
            Exit::Unavailable,
            "--no-proxy",
        ),
        (
            Error::Unexplained {
                what: "get secrets".to_owned(),
                status: 404,
            },
            "kubernetes.not-kubernetes",
            Exit::Failed,
            "login page",
        ),
    ]);
}

#[test]
fn a_secret_that_cannot_be_ours_is_told_from_one_that_can() {
    let (namespace, name) = ("a".to_owned(), "ecr-pull".to_owned());
    check(vec![
        (
            Error::Foreign {
                namespace: namespace.clone(),
                name: name.clone(),
                reason: ForeignReason::Unmarked,
            },
            "kubernetes.foreign",
            Exit::Configuration,
            "iamra k8s adopt a/ecr-pull; or say --on-foreign",
        ),
        (
            Error::WrongType {
                namespace: namespace.clone(),
                name: name.clone(),
                is: "Opaque".to_owned(),
                wanted: "kubernetes.io/dockerconfigjson".to_owned(),
            },
            "kubernetes.wrong-type",
            Exit::Configuration,
            "kubectl -n a delete secret ecr-pull",
        ),
        (
            Error::Immutable {
                namespace,
                name: name.clone(),
            },
            "kubernetes.immutable",
            Exit::Configuration,
            "--secret-name",
        ),
        (
            Error::TooLarge {
                name,
                size: 2_000_000,
                limit: 1_048_576,
            },
            "kubernetes.too-large",
            Exit::Configuration,
            "--auth-only",
        ),
    ]);
}

fn check(table: Vec<Row>) {
    for (error, code, exit, hint) in table {
        let failure = Failure::from(error);
        let said = failure.hint().unwrap_or_default();
        assert_eq!((failure.code(), failure.exit()), (code, exit), "{failure}");
        assert!(said.contains(hint), "{code}: {said}");
        assert_eq!(said.is_empty(), hint.is_empty(), "{code}: {said}");
    }
}

#[test]
fn a_connection_has_the_codes_of_kubernetes() {
    use destination::{CertificateProblem, Error as Cause};
    let host = "10.0.0.1".to_owned();
    let untrusted = Cause::UntrustedCertificate {
        host: host.clone(),
        problem: CertificateProblem::UnknownIssuer,
    };
    let refused = Cause::ClientCertificateRefused {
        host: host.clone(),
        alert: "UnknownCA".to_owned(),
    };
    let silent = Cause::Timeout {
        host,
        after: Duration::from_secs(1),
    };
    for (source, code, hint) in [
        (
            untrusted,
            "kubernetes.untrusted-server",
            "certificate-authority in the kubeconfig",
        ),
        (refused, "config.invalid", "the user's client-certificate"),
        (silent, "kubernetes.unavailable", "--no-proxy"),
        (Cause::InvalidProxy, "config.invalid", "proxy-url"),
    ] {
        let failure = Failure::from(Error::NoAnswer { source });
        let said = failure.hint().unwrap_or_default();
        assert_eq!(failure.code(), code, "{failure}");
        assert!(said.contains(hint), "{code}: {said}");
    }
}

#[test]
fn admission_is_told_from_rbac() {
    for (message, is_rbac, hint) in [
        (
            r#"secrets is forbidden: User "u" cannot create resource "secrets""#,
            true,
            "",
        ),
        ("no reason is given", true, ""),
        (
            "exceeded quota: pods, requested: count/secrets=1",
            false,
            "ResourceQuota",
        ),
        (
            r#"admission webhook "a.b" denied the request: no"#,
            false,
            "webhook",
        ),
        (
            "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
            false,
            "iamra's own",
        ),
    ] {
        assert_eq!(is_of_rbac(message), is_rbac, "{message}");
        assert!(refused(message).contains(hint), "{message}");
    }
}
