use crate::setting::{Group, Setting, Value};

/// What agents and brokers read of groups of which the rest would say nothing to
/// them.
pub(crate) const NAMED_BY_PODS: [&str; 10] = [
    "trust-anchor-arn",
    "profile-arn",
    "session-duration",
    "auth-mount",
    "auth-role",
    "pki-mount",
    "pki-role",
    "issuer",
    "key-type",
    "ttl",
];

/// What of [`AWS_CONNECTION`](super::AWS_CONNECTION) says nothing to them: STS is
/// not asked.
pub(crate) const UNHEEDED_BY_PODS: [&str; 1] = ["sts-endpoint"];

/// Which pods are who.
pub static POD_IDENTITY: Group = Group {
    heading: "Pod identity",
    settings: &[
        Setting {
            name: "cluster-name",
            short: None,
            value: Value::Text("NAME"),
            variables: &[],
            default: None,
            help: "How the cluster is called in certificates: ACCOUNT.NAMESPACE.pods.NAME is the common \
                   name of a service account's. No other cluster with the same trust anchor may have it.",
        },
        Setting {
            name: "pod-audience",
            short: None,
            value: Value::Text("AUDIENCE"),
            variables: &[],
            default: Some("pods.eks.amazonaws.com"),
            help: "Whom the pods' tokens are for.",
        },
        Setting {
            name: "associations",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: None,
            help: "Which service account has which role, as JSON: a mounted ConfigMap, say. It is read \
                   again when it changes, and wins over what an account's annotations say.",
        },
        Setting {
            name: "annotation-domain",
            short: None,
            value: Value::Text("DOMAIN"),
            variables: &[],
            default: Some("iamra.dev"),
            help: "Whose annotations of a service account name its role and profile: DOMAIN/role-arn, \
                   DOMAIN/profile-arn.",
        },
        Setting {
            name: "max-accounts",
            short: None,
            value: Value::Text("NUMBER"),
            variables: &[],
            default: Some("1000; of a broker 16384"),
            help: "How many service accounts are kept at once; beyond that, the one that was quiet longest \
                   is forgotten.",
        },
        Setting {
            name: "session-rate",
            short: None,
            value: Value::Text("NUMBER"),
            variables: &[],
            default: Some("10"),
            help: "How many sessions may be opened in a second: the quota of the AWS account.",
        },
    ],
};

/// How pods are believed.
pub static POD_TOKENS: Group = Group {
    heading: "Tokens of pods",
    settings: &[
        Setting {
            name: "verify",
            short: None,
            value: Value::Text("HOW"),
            variables: &[],
            default: Some("tokenreview"),
            help: "How a pod's token is verified: tokenreview asks the API server, which knows of pods that \
                   are gone; jwks goes by the cluster's public keys alone.",
        },
        Setting {
            name: "verified-for",
            short: None,
            value: Value::Text("SECONDS"),
            variables: &[],
            default: Some("60"),
            help: "How long a token that was reviewed is believed before it is reviewed again.",
        },
        Setting {
            name: "max-token-age",
            short: None,
            value: Value::Text("SECONDS"),
            variables: &[],
            default: Some("3600"),
            help: "How old a token may be that is verified by keys alone: so long may somebody use it whose \
                   pod is gone.",
        },
        Setting {
            name: "caller-rate",
            short: None,
            value: Value::Text("NUMBER"),
            variables: &[],
            default: Some("100"),
            help: "How many requests in a second one address may send; 0 for any number. Beyond that it is \
                   told to wait, and nobody else is.",
        },
    ],
};

/// The link that pods reach the agent by.
pub static POD_LINK: Group = Group {
    heading: "Link",
    settings: &[
        Setting {
            name: "link",
            short: None,
            value: Value::Text("WHEN"),
            variables: &[],
            default: Some("auto"),
            help: "Whether the link pod-id-link0 with the agent's addresses is made, and removed at the end: \
                   auto where that is permitted and --listen names no address, never not at all.",
        },
        Setting {
            name: "link-init",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Make that link and end, leaving it: for an init container that has CAP_NET_ADMIN, so that \
                   the agent needs it not.",
        },
    ],
};

/// Who holds the sessions of the cluster.
pub static BROKERS: Group = Group {
    heading: "Brokers",
    settings: &[
        Setting {
            name: "broker-service",
            short: None,
            value: Value::Text("NAME"),
            variables: &[],
            default: None,
            help: "The service of the brokers in our own namespace. An agent asks those that are ready, and \
                   works alone where there are none; brokers share the quota of sessions with each other, \
                   and each has copies of what another one holds.",
        },
        Setting {
            name: "broker-account",
            short: None,
            value: Value::Text("NAMESPACE/NAME"),
            variables: &[],
            default: Some("iamra-broker in our own namespace"),
            help: "The service account of the brokers: an agent asks nobody else.",
        },
        Setting {
            name: "agent-account",
            short: None,
            value: Value::Text("NAMESPACE/NAME"),
            variables: &[],
            default: Some("iamra-agent in our own namespace"),
            help: "The service account of the agents: a broker answers nobody else.",
        },
    ],
};

/// Which pod is looked at.
pub static POD: Group = Group {
    heading: "Pod",
    settings: &[Setting {
        name: "pod",
        short: None,
        value: Value::Text("NAMESPACE/NAME"),
        variables: &[],
        default: None,
        help: "Walk the way of this pod to its role instead: what a webhook has given it, its account's \
               role, the agent of its node; and, with the settings of an agent, Vault and AWS, with a token \
               that is made for that. It takes the rights to get the pod and its service account, to create \
               serviceaccounts/token for that account, and in our own namespace those of k8s pods.",
    }],
};

/// How agents and brokers are asked what they know.
pub static POD_VIEW: Group = Group {
    heading: "View",
    settings: &[Setting {
        name: "viewer-account",
        short: None,
        value: Value::Text("NAME"),
        variables: &[],
        default: Some("iamra-agent"),
        help: "The service account of our own namespace with whose token agents and brokers are asked: for \
               those who may create a token for one of its own, and not for the agents'.",
    }],
};

/// Who agents and brokers are to each other.
pub static OWN_CERTIFICATE: Group = Group {
    heading: "Own certificate",
    settings: &[
        Setting {
            name: "own-auth-role",
            short: None,
            value: Value::Text("ROLE"),
            variables: &[],
            default: Some("pods; of a broker pods-broker"),
            help: "The role of Vault's auth method by which we log in for our own certificate, with the token \
                   of --jwt-file.",
        },
        Setting {
            name: "own-pki-role",
            short: None,
            value: Value::Text("ROLE"),
            variables: &[],
            default: Some("pods; of a broker pods-broker"),
            help: "The role that signs our own certificate, by which agents and brokers know each other.",
        },
    ],
};
