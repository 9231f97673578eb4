//! Kubelet: its credential provider plugins, and pull secrets as it reads them.

use super::{Cause, Explanation, cause};

pub(crate) const TOKEN: Cause = cause(
    "keys, issuer or audience are others",
    "compare --service-account-keys with `kubectl get --raw /openid/v1/jwks`, and --service-account-audience and --service-account-issuer with kubelet's configuration",
);

pub(crate) const ROLE: Cause = cause(
    "the pair is not listed",
    "list it: --service-account-role NAMESPACE/NAME=ROLE",
);

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "kubelet.request-invalid",
        meaning: "What kubelet wrote to the plugin makes no sense to it.",
        causes: &[cause(
            "kubelet and plugin disagree about the API's version",
            "say apiVersion: credentialprovider.kubelet.k8s.io/v1 for the provider: iamra ecr kubelet-config prints it",
        )],
        check: &[
            "iamra ecr kubelet-config",
            "journalctl -u kubelet | grep -i credential",
        ],
        says: &["no kind \"CredentialProviderRequest\" is registered"],
    },
    Explanation {
        code: "kubelet.token-refused",
        meaning: "The pod's service account token is not believed.",
        causes: &[TOKEN],
        check: &[
            "kubectl get --raw /openid/v1/jwks",
            "kubectl get --raw /.well-known/openid-configuration",
        ],
        says: &["the service account's token is not believed"],
    },
    Explanation {
        code: "kubelet.role-not-listed",
        meaning: "The pod asks for a role that its service account may not have.",
        causes: &[ROLE],
        check: &["kubectl -n NAMESPACE get serviceaccount NAME -o yaml"],
        says: &[],
    },
    Explanation {
        code: "kubelet.plugin-failed",
        meaning: "Kubelet gets no credentials from its plugin, and pulls without.",
        causes: &[
            cause(
                "the plugin failed",
                "its last lines are in kubelet's log, with a code in brackets",
            ),
            cause(
                "it is not in --image-credential-provider-bin-dir, or is called otherwise",
                "put the binary there under the provider's name; iamra ecr kubelet-config says which",
            ),
            cause(
                "kubelet was not restarted",
                "restart kubelet: it reads the configuration once",
            ),
        ],
        check: &[
            "journalctl -u kubelet | grep -i 'credential provider'",
            "ls -l /usr/local/bin/iamra-credential-provider",
        ],
        says: &[
            "Failed getting credential from external registry credential provider",
            "error execing credential provider plugin",
            "plugin binary executable*did not exist",
            "failed to decode CredentialProviderResponse",
            "unsupported kind in CredentialProviderResponse",
            "error reading credential provider config",
            "credentialproviderconfig*strict decoding error",
        ],
    },
    Explanation {
        code: "kubelet.pull-secret-missing",
        meaning: "A pod names a pull secret that its namespace does not have.",
        causes: &[
            cause(
                "iamra does not serve the namespace, or has not yet",
                "look at iamra k8s status; add the namespace: --namespace NAME or --namespace-selector",
            ),
            cause(
                "the pod names another Secret",
                "compare imagePullSecrets of pod and service account with --secret-name",
            ),
        ],
        check: &[
            "iamra k8s status",
            "kubectl -n NAMESPACE get secret ecr-pull",
            "kubectl -n NAMESPACE get pod POD -o jsonpath='{.spec.imagePullSecrets}'",
        ],
        says: &[
            "FailedToRetrieveImagePullSecret",
            "Unable to retrieve some image pull secrets",
        ],
    },
    Explanation {
        code: "kubelet.pull-secret-broken",
        meaning: "One entry of one pull secret is broken, and kubelet uses none of the pod's.",
        causes: &[cause(
            "an auth value is no base64, in whichever Secret the pod names",
            "correct that entry or remove that Secret from imagePullSecrets; iamra k8s diff shows whether it is ours",
        )],
        check: &[
            "kubectl -n NAMESPACE get secret NAME -o jsonpath='{.data.\\.dockerconfigjson}' | base64 -d",
        ],
        says: &[
            "illegal base64 data at input byte",
            "unable to parse docker config",
            "invalid auths entry",
        ],
    },
    Explanation {
        code: "kubelet.pull-failed",
        meaning: "Kubelet cannot pull an image; the event before this one says why.",
        causes: &[
            cause(
                "there is no login, or an old one",
                "look for the reason in the events, and explain that: kubectl describe pod POD",
            ),
            cause(
                "the pod was created before its service account had the pull secret",
                "create the pod anew: imagePullSecrets are copied into a pod once",
            ),
        ],
        check: &[
            "kubectl -n NAMESPACE describe pod POD",
            "kubectl -n NAMESPACE get events --field-selector involvedObject.name=POD",
        ],
        says: &[
            "ErrImagePull",
            "ImagePullBackOff",
            "Back-off pulling image",
            "Failed to pull image",
        ],
    },
];
