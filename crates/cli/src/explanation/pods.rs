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
