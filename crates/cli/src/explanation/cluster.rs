//! How a cluster is reached.

use super::connection::{NOT_VALID, OTHER_NAME, UNKNOWN_HOST, UNREACHABLE};
use super::kubernetes::{CLIENT_CERTIFICATE, NOT_KUBERNETES, PROXY, SILENT};
use super::{Cause, Explanation, cause};

pub(crate) const NO_CLUSTER: Cause = cause(
    "there is neither a kubeconfig nor a service account",
    "name a kubeconfig: --kubeconfig FILE; in a pod set automountServiceAccountToken: true, or project a token into that folder",
);

pub(crate) const NO_NAMESPACE: Cause = cause(
    "the pod's own namespace is not known",
    "say it: --own-namespace, or POD_NAMESPACE by a fieldRef to metadata.namespace; or project the namespace into that folder (downwardAPI)",
);

pub(crate) const NO_PLUGIN: Cause = cause("it is not there", "install it, or put it on the PATH");

pub(crate) const AUTH_PROVIDER: Cause = cause(
    "a user needs an old auth provider",
    "have it replaced by an exec plugin: gcloud container clusters get-credentials, az aks get-credentials and kubelogin, or kubectl oidc-login",
);

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "kubernetes.unavailable",
        meaning: "The API server did not answer, or answered that it cannot now.",
        causes: &[UNREACHABLE, UNKNOWN_HOST, SILENT],
        check: &["kubectl get --raw /readyz"],
        says: &[
            "The connection to the server * was refused",
            "Unable to connect to the server",
            "6443: connect: connection refused",
            "etcdserver: request timed out",
            "the server is currently unable to handle the request",
            "kubernetes.default.svc*no such host",
            "client rate limiter Wait returned an error",
        ],
    },
    Explanation {
        code: "kubernetes.untrusted-server",
        meaning: "What answers at the API server's address shows a certificate that is not trusted.",
        causes: &[
            cause(
                "the kubeconfig names another CA, or none",
                "name its PEM file with certificate-authority in the kubeconfig",
            ),
            OTHER_NAME,
            NOT_VALID,
            CLIENT_CERTIFICATE,
        ],
        check: &["kubectl cluster-info", "kubectl config view --minify"],
        says: &[
            "Unable to connect to the server: x509: certificate signed by unknown authority",
            "6443*x509: certificate signed by unknown authority",
            "Unable to connect to the server: tls: failed to verify certificate",
        ],
    },
    Explanation {
        code: "kubernetes.not-kubernetes",
        meaning: "The answer is of something other than an API server.",
        causes: &[NOT_KUBERNETES],
        check: &["kubectl version", "kubectl config view --minify"],
        says: &[
            "the server could not find the requested resource",
            "couldn't get current server API group list",
        ],
    },
    Explanation {
        code: "kubernetes.no-cluster",
        meaning: "It is not said which cluster is meant.",
        causes: &[NO_CLUSTER, NO_NAMESPACE],
        check: &[
            "kubectl config get-contexts",
            "ls /var/run/secrets/kubernetes.io/serviceaccount/",
        ],
        says: &[
            "unable to load in-cluster configuration",
            "invalid configuration: no configuration has been provided",
        ],
    },
    Explanation {
        code: "kubernetes.kubeconfig",
        meaning: "The kubeconfig makes no sense, or uses what is not supported.",
        causes: &[
            cause(
                "context, cluster or user are not in it",
                "name one that is: --context NAME",
            ),
            AUTH_PROVIDER,
            PROXY,
        ],
        check: &["kubectl config view --minify"],
        says: &[
            "error loading config file",
            "error: context * does not exist",
            "no Auth Provider found for name",
        ],
    },
    Explanation {
        code: "kubernetes.exec-plugin",
        meaning: "The program that the kubeconfig asks for a token fails.",
        causes: &[
            NO_PLUGIN,
            cause(
                "it failed, or wants somebody to answer",
                "run it by hand: kubectl config view --minify shows the line",
            ),
        ],
        check: &["kubectl config view --minify", "kubectl auth whoami"],
        says: &[
            "getting credentials: exec: executable * failed with exit code",
            "getting credentials: exec: executable * not found",
            "getting credentials: exec:",
        ],
    },
    Explanation {
        code: "kubernetes.failed",
        meaning: "Speaking with the cluster failed in a way that none of the others describes.",
        causes: &[cause(
            "see the message",
            "run the command again with --log-level debug",
        )],
        check: &["iamra k8s preflight"],
        says: &[],
    },
];
