use serde::Serialize;

/// Something that is different from before, and the page that says more.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Change {
    pub(crate) what: String,
    pub(crate) page: &'static str,
}

const POD: &str = "docs/migrate/kubernetes.md#the-pod-with-gen-certpy";
const SIDECARS: &str = "docs/migrate/sidecars.md";
const HELPER: &str = "docs/migrate/aws_signing_helper.md";
const ECR: &str = "docs/migrate/ecr.md";
const CREATOR: &str = "docs/migrate/kubernetes.md#ecr-k8s-secret-creator";
const RENEW: &str = "docs/migrate/kubernetes.md#k8s-ecr-login-renew";
const REGISTRY_CREDS: &str = "docs/migrate/kubernetes.md#registry-creds";
const PATCHER_PAGE: &str = "docs/migrate/kubernetes.md#imagepullsecret-patcher";
const NEEDROLESHERE_PAGE: &str = "docs/migrate/needroleshere.md";
const MANIFESTS: &str = "docs/migrate/kubernetes.md";
const KUBECTL: &str = "docs/migrate/kubernetes.md#kubectl-create-secret-docker-registry";

/// What is known of one of the programs that iamra takes the place of.
pub(super) struct Known {
    page: &'static str,
    sentences: &'static [&'static str],
}

impl Known {
    pub(super) fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        self.sentences.iter().map(|sentence| Change {
            what: (*sentence).to_owned(),
            page: self.page,
        })
    }

    /// Whether it is of the same program.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.page == other.page
    }

    /// A sentence more, on the same page.
    pub(super) fn also(&self, what: impl Into<String>) -> Change {
        Change {
            what: what.into(),
            page: self.page,
        }
    }
}

/// The pod with `gen-cert.py`.
pub(super) const GEN_CERT: Known = Known {
    page: POD,
    sentences: &[
        "No Python, jq, bash or aws_signing_helper is needed in the image: iamra is one binary.",
        "Certificate and key stay in memory; no PEM files are left in the container.",
        "Vault still makes the key (--pki-mode issue), as its policy is. Where the policy allows pki-aws/sign, leave that away, and the key never travels: iamra setup vault prints such a policy.",
        "A failure ends the container with an exit code and a reason, in place of an empty credentials file.",
        "The file is written once, as before, and ends with its session. With --watch, and restartPolicy: Always, it is kept fresh.",
        "Only one profile of the file is edited; it is written under a lock, with mode 0600.",
    ],
};

/// The Dockerfile with `gen-cert.py` in it.
pub(super) const DOCKERFILE: Known = Known {
    page: POD,
    sentences: &[
        "Nothing is installed or downloaded into the image any more: it is iamra's own, of a few megabytes, without a shell.",
        "It runs as the user 65534 with HOME=/home/nobody, as the old one was made to.",
    ],
};

/// What is to be known of any manifest.
pub(super) const MANIFEST: Known = Known {
    page: MANIFESTS,
    sentences: &[],
};

/// `iam-roles-anywhere-sidecar`.
pub(super) const SIDECAR: Known = Known {
    page: SIDECARS,
    sentences: &[
        "One session is kept for all who ask, and replaced after two thirds of its life, in place of one for each request.",
        "LISTEN=0.0.0.0:PORT means that port on both loopbacks, which the pod shares; nobody beyond the pod is served, and requests of browsers are refused.",
        "A file that is mounted by subPath never changes: mount the folders of certificate and key, and a rotated Secret is seen.",
    ],
};

/// `aws-iam-roles-anywhere-sidecar-credential-helper`.
pub(super) const CREDENTIAL_HELPER: Known = Known {
    page: SIDECARS,
    sentences: &[
        "Only whole credentials that have not expired are written: a failed request keeps the old ones.",
        "One profile of the credentials file is edited; other profiles stay, and ~/.aws/config is written only with --config-file.",
        "The image runs as the user 65534: the file has mode 0600 and is that user's. For a consumer of another user: fsGroup, --file-mode 0640 and --file-group.",
        "AWS_REFRESH_INTERVAL is an upper bound; LISTEN_PORT answers 503 where there are no valid credentials.",
        "Both containers can be one: the first one's variables, and this one's arguments and mount.",
    ],
};

/// The sidecars' variables in a file.
pub(super) const VARIABLES: Known = Known {
    page: SIDECARS,
    sentences: &[
        "The variables have iamra's own names, which count for all of its commands; the old ones would do, too, for iamra creds.",
        "A listener on 0.0.0.0 becomes one on loopback. To serve others, say it by IAMRA_LISTEN, with TLS and a token.",
    ],
};

/// `aws_signing_helper`.
pub(super) const SIGNING_HELPER: Known = Known {
    page: HELPER,
    sentences: &[
        "The flags keep their names; a key that is not the certificate's, an expired certificate and a wrong duration are refused before AWS is asked.",
        "A full chain in --certificate is used whole, in place of its first certificate alone.",
        "The proxy of the environment is used, with or without --with-proxy.",
        "A call of AWS ends after 30 seconds at most, with its attempts.",
    ],
};

/// `needroleshere`.
pub(super) const NEEDROLESHERE: Known = Known {
    page: NEEDROLESHERE_PAGE,
    sentences: &[
        "The flags keep their names; a key that is not the certificate's, an expired certificate and a wrong duration are refused before AWS is asked.",
        "A call of AWS ends after 30 seconds at most, with its attempts.",
    ],
};

/// `imagepullsecret-patcher`, which copies what another one obtains.
pub(super) const PATCHER: Known = Known {
    page: PATCHER_PAGE,
    sentences: &[
        "imagepullsecret-patcher copies a Secret that another program has to keep fresh. Where that is one of ECR, iamra k8s run takes the place of both, and the Deployment goes: iamra k8s manifests prints what to apply. Where it is another registry's, it stays.",
    ],
};

/// Logins to ECR in scripts.
pub(super) const LOGIN: Known = Known {
    page: ECR,
    sentences: &[
        "The token is obtained with a Roles Anywhere session, or by --credentials ambient with what the AWS CLI finds; it goes into the auth file without passing through a pipe.",
    ],
};

/// Requests of a registry with a token in a header.
pub(super) const AUTHORIZATION: Known = Known {
    page: ECR,
    sentences: &[
        "Every process of the machine can read a header in curl's arguments: iamra ecr token -o authorization | curl -H @- shows it to none, and iamra ecr tags lists all pages.",
    ],
};

/// Secrets that kubectl makes.
pub(super) const PULL_SECRET: Known = Known {
    page: KUBECTL,
    sentences: &[
        "The Secret is updated in place, where it was deleted and made anew; one that holds other logins is refused.",
        "Its token ends after twelve hours, as before: iamra k8s run keeps it fresh.",
        "The rights that are needed are fewer: iamra k8s manifests prints them.",
    ],
};

/// `ecr-k8s-secret-creator`.
pub(super) const SECRET_CREATOR: Known = Known {
    page: CREATOR,
    sentences: &[
        "The same Secret is taken over in place; one with anything else in it than logins to that registry is refused.",
        "An error keeps the old Secret, and is tried again; a deleted Secret is back at once.",
        "A ClusterRole on all Secrets is far too much: iamra k8s manifests prints a Role for this one.",
    ],
};

/// `k8s-ecr-login-renew`.
pub(super) const LOGIN_RENEW: Known = Known {
    page: RENEW,
    sentences: &[
        "A Secret that cannot be updated is not deleted and made anew: it is left as it is, and the reason is said.",
        "Each region's registries get that region's token.",
        "A ClusterRole on Secrets and tokens of service accounts is far too much: iamra k8s manifests prints what is needed.",
        "A new namespace waits for the next run; iamra k8s run serves it at once.",
    ],
};

/// `registry-creds`.
pub(super) const REGISTRY: Known = Known {
    page: REGISTRY_CREDS,
    sentences: &[
        "One token serves all namespaces; kube-public and kube-node-lease are left out like kube-system.",
        "Where no token is had, the old Secret stays.",
        "GCR, Docker Hub and other registries are not served: keep registry-creds for those, with Secrets of other names.",
    ],
};

/// docker's credential helper.
pub(super) const DOCKER_HELPER: Known = Known {
    page: ECR,
    sentences: &[
        "docker calls docker-credential-iamra, which has to be on the PATH: a link to iamra of that name.",
        "Failures are said with their reason, in place of \"credentials not found\".",
        "Tokens are shared by principal, so that a new session does not ask for another token.",
    ],
};

/// Kubelet's plugin.
pub(super) const KUBELET_PLUGIN: Known = Known {
    page: ECR,
    sentences: &[
        "kubelet calls iamra-credential-provider, which has to be in --image-credential-provider-bin-dir: a link to iamra of that name.",
        "matchImages is as it was; iamra ecr kubelet-config prints one with the names of FIPS, dual-stack and isolated registries.",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_there_with_its_heading() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for page in [
            POD,
            SIDECARS,
            HELPER,
            ECR,
            CREATOR,
            RENEW,
            REGISTRY_CREDS,
            PATCHER_PAGE,
            NEEDROLESHERE_PAGE,
            MANIFESTS,
            KUBECTL,
        ] {
            let (file, anchor) = page.split_once('#').unwrap_or((page, ""));
            let text = std::fs::read_to_string(root.join(file)).unwrap();
            let headings = text.lines().filter(|line| line.starts_with('#'));
            let mut anchors = headings.map(|heading| {
                let heading = heading.trim_start_matches('#').trim().to_lowercase();
                let kept = |one: &char| one.is_alphanumeric() || matches!(one, ' ' | '-' | '_');
                let heading: String = heading.chars().filter(kept).collect();
                heading.replace(' ', "-")
            });
            assert!(
                anchor.is_empty() || anchors.any(|one| one == anchor),
                "{page}"
            );
        }
    }
}
