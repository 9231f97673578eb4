//! Roles of pods.

use super::{Cause, Explanation, cause};

pub(crate) const NAME: Cause = cause(
    "namespace, service account and cluster have long names",
    "take a shorter --cluster-name, or shorter names of namespace and service account: together they \
     have 57 characters",
);

pub(crate) const LINK: Cause = cause(
    "another agent, or somebody, has the addresses on another link",
    "take that link or route away, or give them to us as they are: --link never",
);

pub(crate) const NO_RIGHT: Cause = cause(
    "the process has not the capability CAP_NET_ADMIN",
    "add NET_ADMIN to the container's capabilities, of an init container with --link-init at least",
);

const BROKER: Cause = cause(
    "Vault or AWS refuses the pod's service account",
    "look up the code in the message: iamra explain CODE",
);

pub(crate) const NO_KIND: Cause = cause(
    "the kernel has neither dummy links nor bridges",
    "load the module dummy on the node, or give the addresses to a link of your own and say --link never",
);

pub(crate) const NO_WEBHOOK: Cause = cause(
    "the MutatingWebhookConfiguration is not there yet, or has another name, or no webhooks",
    "apply the manifests of the webhook, or name the configuration that they have: \
     --webhook-configuration NAME",
);

pub(crate) const OWN_CERTIFICATE: Cause = cause(
    "--webhook-service or our own namespace is no DNS name",
    "name the service as Kubernetes does, or bring a certificate: --tls-certificate FILE --tls-key FILE",
);

pub(crate) const NO_POD: Cause = cause(
    "the pod is in another namespace or cluster, or gone",
    "name it as kubectl get pods -A lists it: --pod NAMESPACE/NAME; --context names the cluster",
);

pub(crate) const NOT_INJECTED: Cause = cause(
    "the pod was made before the webhook or before its account had a role; or something of the pod's own is \
     stronger",
    "make the pod anew, kubectl rollout restart say, and look at the webhook's log where that does not help",
);

pub(crate) const NO_ROLE: Cause = cause(
    "the service account has no annotation, or one of another domain",
    "annotate it: kubectl annotate serviceaccount NAME iamra.dev/role-arn=ARN; or list it in --associations",
);

pub(crate) const NO_AGENT: Cause = cause(
    "the DaemonSet is not on that node, or in another namespace",
    "look at it: kubectl -n iamra-system get daemonset iamra-agent; --own-namespace says where it is",
);

pub(crate) const UNREADY_AGENT: Cause = cause(
    "the agent on the node has not begun, or has ended",
    "look at its log: kubectl -n iamra-system logs POD --all-containers",
);

pub(crate) const NOT_SERVED: Cause = cause(
    "Vault or AWS refuses, or does not answer",
    "look up the code in the message: iamra explain CODE",
);

const UNSEEN: Cause = cause(
    "the manifests are of an older version, or the agent is",
    "apply what k8s manifests --pods prints now",
);

const STRANGE_TOKEN: Cause = cause(
    "the API server makes tokens that no agent would read",
    "compare --pod-audience with that of the agents",
);

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "pods.broker-refused",
        meaning: "A broker gives a pod no credentials; the words are the broker's, and what stands behind \
                  them is the code in them.",
        causes: &[BROKER],
        check: &["kubectl -n iamra-system logs deployment/iamra-broker"],
        says: &[],
    },
    Explanation {
        code: "pods.name-too-long",
        meaning: "A service account's certificate would have a common name that no certificate can have.",
        causes: &[NAME],
        check: &["kubectl get serviceaccounts -A"],
        says: &["and a certificate's has 64 at the most"],
    },
    Explanation {
        code: "pods.no-pod",
        meaning: "The pod that is to be looked at is not there.",
        causes: &[NO_POD],
        check: &["kubectl get pods -A"],
        says: &[],
    },
    Explanation {
        code: "pods.not-injected",
        meaning: "No container of the pod has what an SDK needs to find the agent of its node.",
        causes: &[NOT_INJECTED],
        check: &["kubectl -n NAMESPACE get pod NAME -o yaml"],
        says: &[],
    },
    Explanation {
        code: "pods.no-role",
        meaning: "Nobody has given the service account a role.",
        causes: &[NO_ROLE],
        check: &["iamra k8s pods", "kubectl get serviceaccounts -A -o yaml"],
        says: &["No role is associated with the service account"],
    },
    Explanation {
        code: "pods.no-agent",
        meaning: "No agent works on the node of the pod.",
        causes: &[NO_AGENT, UNREADY_AGENT],
        check: &["kubectl -n iamra-system get pods -o wide"],
        says: &[],
    },
    Explanation {
        code: "pods.not-served",
        meaning: "The agent gets no session for the service account; the words are the agent's.",
        causes: &[NOT_SERVED],
        check: &["iamra k8s pods -o json"],
        says: &[],
    },
    Explanation {
        code: "pods.unseen",
        meaning: "An agent or a broker does not say what it knows.",
        causes: &[UNSEEN],
        check: &["kubectl -n iamra-system get pods -o yaml"],
        says: &[],
    },
    Explanation {
        code: "pods.token-refused",
        meaning: "A token that was made for the pod cannot be used.",
        causes: &[STRANGE_TOKEN],
        check: &["kubectl create token NAME --audience pods.eks.amazonaws.com"],
        says: &[],
    },
    Explanation {
        code: "pods.link-failed",
        meaning: "The link that pods reach the node's agent by could not be made.",
        causes: &[NO_RIGHT, LINK, NO_KIND],
        check: &["ip addr show dev pod-id-link0", "ip route show table all"],
        says: &["pod-id-link0"],
    },
    Explanation {
        code: "pods.no-webhook",
        meaning: "The configuration that is to know the webhook's certificate is not there.",
        causes: &[NO_WEBHOOK],
        check: &["kubectl get mutatingwebhookconfigurations"],
        says: &["API servers cannot call us*mutatingwebhookconfiguration"],
    },
    Explanation {
        code: "pods.certificate-failed",
        meaning: "The webhook could not make a certificate for itself.",
        causes: &[OWN_CERTIFICATE],
        check: &["kubectl get services -A"],
        says: &["API servers cannot call us*certificate"],
    },
];
