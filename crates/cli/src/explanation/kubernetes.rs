//! Secrets of a cluster: what stands there, and who may write it.

use super::{Cause, Explanation, cause};

pub(crate) const UNAUTHORIZED: Cause = cause(
    "the token is not valid, or of another cluster",
    "in a pod kubelet renews the token, so look whether its service account is still there; with a kubeconfig log in anew, and check --context",
);
pub(crate) const TERMINATING: Cause = cause(
    "somebody has deleted the namespace",
    "wait until it is gone, or leave it out: --exclude-namespace",
);
pub(crate) const CONTENDED: Cause = cause(
    "two programs write the same Secret",
    "another program writes it, too: look at its managedFields, and have one of the two stop",
);
pub(crate) const TOO_LARGE: Cause = cause(
    "many registries, each with its token twice",
    "write each login once with --auth-only, or serve fewer registries with one Secret",
);
pub(crate) const NOT_KUBERNETES: Cause = cause(
    "something on the way answers in the API server's place",
    "a proxy, a login page or another server answers there: check the kubeconfig's server and proxy-url, and --https-proxy and --no-proxy",
);
pub(crate) const SILENT: Cause = cause(
    "no answer came in time",
    "check the network between, the kubeconfig's proxy-url, and --https-proxy and --no-proxy",
);
pub(crate) const QUOTA: Cause = cause(
    "the namespace's quota is used up",
    "raise the ResourceQuota of the namespace, or remove what nobody uses",
);
pub(crate) const WEBHOOK: Cause = cause(
    "an admission webhook denies it",
    "an admission webhook of the cluster decides that: ask whoever runs it",
);
pub(crate) const POLICY: Cause = cause(
    "a ValidatingAdmissionPolicy denies it",
    "if the policy is iamra's own, have iamra k8s manifests print the one of this configuration, and apply it; else ask whoever made it",
);
pub(crate) const REJECTED: Cause = cause(
    "the object does not pass the server's checks",
    "compare what is asked for with what the server says",
);
pub(crate) const CLIENT_CERTIFICATE: Cause = cause(
    "the API server does not know the client certificate",
    "show a certificate that the cluster's CA has issued: the user's client-certificate",
);
pub(crate) const PROXY: Cause = cause(
    "the proxy's address is none",
    "check the kubeconfig's proxy-url, --http-proxy and --https-proxy",
);

pub(crate) const NO_POLICY: Cause = cause(
    "the ValidatingAdmissionPolicy is not there, or not iamra's",
    "apply what iamra k8s manifests prints for this configuration; or name the namespaces; or, where whoever has the service account's token may have that power, --accept-broad-rbac",
);

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "kubernetes.denied",
        meaning: "RBAC does not let us do that.",
        causes: &[cause(
            "a rule is missing",
            "iamra k8s manifests prints all rules of this configuration: apply them; iamra k8s preflight says which of them are missing",
        )],
        check: &[
            "iamra k8s preflight",
            "kubectl auth can-i patch secrets -n NAMESPACE --as system:serviceaccount:iamra:iamra",
        ],
        says: &[
            "is forbidden: User * cannot",
            "secrets is forbidden",
            "(Forbidden)",
        ],
    },
    Explanation {
        code: "kubernetes.unauthorized",
        meaning: "The API server does not know who we are.",
        causes: &[UNAUTHORIZED],
        check: &["kubectl auth whoami", "kubectl config current-context"],
        says: &[
            "You must be logged in to the server (Unauthorized)",
            "the server has asked for the client to provide credentials",
            "Unable to authenticate the request",
        ],
    },
    Explanation {
        code: "kubernetes.no-authorization",
        meaning: "What says who we are cannot be read.",
        causes: &[cause(
            "the token's file is empty, or not there yet",
            "look at the token's file; in a pod, at automountServiceAccountToken and the projected volume",
        )],
        check: &["ls -l /var/run/secrets/kubernetes.io/serviceaccount/"],
        says: &[],
    },
    Explanation {
        code: "kubernetes.rejected",
        meaning: "We may write, but admission or validation refuses what we write.",
        causes: &[QUOTA, WEBHOOK, POLICY, REJECTED],
        check: &[
            "kubectl -n NAMESPACE get resourcequota",
            "kubectl get validatingwebhookconfigurations,validatingadmissionpolicies",
        ],
        says: &[
            "admission webhook * denied the request",
            "exceeded quota:",
            "ValidatingAdmissionPolicy * denied request",
            "violates PodSecurity",
        ],
    },
    Explanation {
        code: "kubernetes.namespace-missing",
        meaning: "A namespace that is named does not exist.",
        causes: &[cause(
            "it was not made yet, or is mistyped",
            "make it: kubectl create namespace NAME; or name another one, or --namespace-selector, which takes it when it is there",
        )],
        check: &["kubectl get namespaces"],
        says: &["namespaces * not found"],
    },
    Explanation {
        code: "kubernetes.not-found",
        meaning: "A Secret or service account that is named does not exist.",
        causes: &[cause(
            "it was not made yet, or is mistyped",
            "check name and namespace",
        )],
        check: &["kubectl -n NAMESPACE get secrets,serviceaccounts"],
        says: &[
            "secrets * not found",
            "MountVolume.SetUp failed*secret * not found",
            "serviceaccounts * not found",
            "(NotFound)",
        ],
    },
    Explanation {
        code: "kubernetes.terminating",
        meaning: "The namespace is being deleted: nothing new can be made in it.",
        causes: &[TERMINATING],
        check: &["kubectl get namespace NAME -o yaml"],
        says: &["because it is being terminated"],
    },
    Explanation {
        code: "kubernetes.exists",
        meaning: "The Secret has come into being meanwhile, by somebody else.",
        causes: &[cause(
            "another program makes a Secret of that name",
            "run again; where it comes again, name another one with --secret-name",
        )],
        check: &["kubectl -n NAMESPACE get secret NAME -o yaml --show-managed-fields"],
        says: &[
            "(AlreadyExists)",
            "secrets * already exists",
            "serviceaccounts * already exists",
        ],
    },
    Explanation {
        code: "kubernetes.contended",
        meaning: "Somebody else changes the Secret as often as we write it.",
        causes: &[CONTENDED],
        check: &["kubectl -n NAMESPACE get secret NAME -o yaml --show-managed-fields"],
        says: &[
            "the object has been modified; please apply your changes to the latest version",
            "Apply failed with * conflict",
        ],
    },
    Explanation {
        code: "kubernetes.foreign",
        meaning: "A Secret of that name is somebody else's; it was not touched.",
        causes: &[cause(
            "it was there before iamra",
            "take it over: iamra k8s adopt NAMESPACE/NAME; or say --on-foreign merge or adopt, or another --secret-name",
        )],
        check: &[
            "iamra k8s status",
            "kubectl -n NAMESPACE get secret NAME -o yaml --show-managed-fields",
        ],
        says: &["ForeignSecret"],
    },
    Explanation {
        code: "kubernetes.wrong-type",
        meaning: "A Secret of that name is of another type, and a type never changes.",
        causes: &[cause(
            "it was made for something else",
            "a type never changes: name another one with --secret-name, or the --secret-format of that type, or, if nobody uses it, kubectl delete secret",
        )],
        check: &["kubectl -n NAMESPACE get secret NAME -o jsonpath='{.type}'"],
        says: &["type: Invalid value:*field is immutable"],
    },
    Explanation {
        code: "kubernetes.immutable",
        meaning: "The Secret is marked immutable.",
        causes: &[cause(
            "whoever made it has said so",
            "nobody can change it: name another one with --secret-name, or, if nobody uses it, kubectl delete secret",
        )],
        check: &["kubectl -n NAMESPACE get secret NAME -o jsonpath='{.immutable}'"],
        says: &["data: Forbidden: field is immutable when `immutable` is set"],
    },
    Explanation {
        code: "kubernetes.too-large",
        meaning: "The Secret would be larger than 1 MiB.",
        causes: &[TOO_LARGE],
        check: &["iamra config print"],
        says: &[
            "data: Too long: may not be more than 1048576 bytes",
            "must have at most 1048576 bytes",
        ],
    },
    Explanation {
        code: "kubernetes.no-policy",
        meaning: "Rights over all namespaces are not used without the policy that bounds them.",
        causes: &[NO_POLICY],
        check: &[
            "kubectl get validatingadmissionpolicies",
            "iamra k8s preflight",
        ],
        says: &[],
    },
];
