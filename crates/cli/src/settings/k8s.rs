use crate::setting::{Group, Setting, Value};

/// Which cluster.
pub static CLUSTER: Group = Group {
    heading: "Cluster",
    settings: &[
        Setting {
            name: "kubeconfig",
            short: None,
            value: Value::Text("FILE"),
            variables: &["KUBECONFIG"],
            default: Some("the pod's own service account; outside of a pod ~/.kube/config"),
            help: "How the cluster is reached. Several files are separated as in PATH, and the first that \
                   says something counts.",
        },
        Setting {
            name: "context",
            short: None,
            value: Value::Text("NAME"),
            variables: &[],
            default: Some("the file's current-context"),
            help: "The context of the kubeconfig file.",
        },
        Setting {
            name: "own-namespace",
            short: None,
            value: Value::Text("NAMESPACE"),
            variables: &["POD_NAMESPACE"],
            default: Some("the pod's, or the context's"),
            help: "The namespace that we are in: where the current token and the Lease are kept, and \
                   the target where none is named.",
        },
    ],
};

/// Where Secrets are to be.
pub static TARGETS: Group = Group {
    heading: "Targets",
    settings: &[
        Setting {
            name: "namespace",
            short: Some('n'),
            value: Value::List("NAMESPACE"),
            variables: &[],
            default: Some("our own"),
            help: "A namespace that gets the Secret. It must be there; no right to list namespaces is \
                   needed.",
        },
        Setting {
            name: "namespace-selector",
            short: None,
            value: Value::Text("SELECTOR"),
            variables: &[],
            default: None,
            help: "All namespaces with these labels, as kubectl writes it: team=a,tier!=db. New ones get \
                   the Secret at once.",
        },
        Setting {
            name: "namespace-glob",
            short: None,
            value: Value::List("GLOB"),
            variables: &[],
            default: None,
            help: "All namespaces of such a name: team-*, or * for all.",
        },
        Setting {
            name: "exclude-namespace",
            short: None,
            value: Value::List("GLOB"),
            variables: &[],
            default: None,
            help: "Namespaces that selector and globs leave out, beside kube-system, kube-public and \
                   kube-node-lease, which they never find.",
        },
        Setting {
            name: "service-account",
            short: None,
            value: Value::List("GLOB"),
            variables: &[],
            default: None,
            help: "Service accounts of these namespaces whose imagePullSecrets get the Secret's name: \
                   default, ci-*. What else they have stays.",
        },
    ],
};

/// What Secrets are to be.
pub static SECRET: Group = Group {
    heading: "Secret",
    settings: &[
        Setting {
            name: "secret-name",
            short: None,
            value: Value::Text("NAME"),
            variables: &[],
            default: Some("ecr-pull"),
            help: "The name of the Secret.",
        },
        Setting {
            name: "secret-format",
            short: None,
            value: Value::Text("FORMAT"),
            variables: &[],
            default: Some("dockerconfigjson"),
            help: "What the Secret is: dockerconfigjson or dockercfg, a pull secret; config-json, an Opaque \
                   one with a docker client's file; argocd-repository or argocd-repo-creds; basic-auth; \
                   template, as --secret-template has it; tls, a certificate from Vault; \
                   aws-credentials, a session's file and variables, in namespaces that are named.",
        },
        Setting {
            name: "secret-template",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: None,
            help: "The Secret's type and values, with {{username}}, {{password}}, {{authorization}}, \
                   {{registry}} and {{expires_at}} in them: TOML with type and a table data.",
        },
        Setting {
            name: "registry-scheme",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Write registries with https:// before them, for readers that look for that. kubelet \
                   and docker take both.",
        },
        Setting {
            name: "auth-only",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Write each login once, as auth, without username and password beside it: half the size.",
        },
        Setting {
            name: "secret-label",
            short: None,
            value: Value::List("KEY=VALUE"),
            variables: &[],
            default: None,
            help: "A label for the Secrets.",
        },
        Setting {
            name: "secret-annotation",
            short: None,
            value: Value::List("KEY=VALUE"),
            variables: &[],
            default: None,
            help: "An annotation for the Secrets.",
        },
        Setting {
            name: "on-foreign",
            short: None,
            value: Value::Text("WHAT"),
            variables: &[],
            default: Some("adopt-ecr"),
            help: "What happens to a Secret of that name which is somebody else's: refuse, adopt-ecr (it is \
                   ours from then on where it is of that type and holds nothing but logins to registries \
                   served here), merge (our logins are written into it, all else stays) or adopt (it is \
                   ours, whatever it holds).",
        },
        Setting {
            name: "config-name",
            short: None,
            value: Value::Text("NAME"),
            variables: &[],
            default: Some("default"),
            help: "The name of this configuration, by which its objects are known: another one in the same \
                   cluster needs another name.",
        },
    ],
};

/// How Secrets are written.
pub static WRITES: Group = Group {
    heading: "Writing",
    settings: &[
        Setting {
            name: "max-writes-per-second",
            short: None,
            value: Value::Text("NUMBER"),
            variables: &[],
            default: Some("20"),
            help: "How many objects are written in a second at most; 0 is as many as go.",
        },
        Setting {
            name: "concurrency",
            short: None,
            value: Value::Text("NUMBER"),
            variables: &[],
            default: Some("16"),
            help: "How many requests are under way at once at most.",
        },
    ],
};

/// Whether anything is written.
pub static DRY_RUN: Group = Group {
    heading: "Writing",
    settings: &[Setting {
        name: "dry-run",
        short: None,
        value: Value::Text("WHERE"),
        variables: &[],
        default: Some("none"),
        help: "none; client, nothing is sent that writes; or server, the server checks it and writes \
               nothing.",
    }],
};

/// Several replicas, and what they may.
pub static CONTROLLER: Group = Group {
    heading: "Controller",
    settings: &[
        Setting {
            name: "leader-elect",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Several replicas run, and the one that has the Lease writes.",
        },
        Setting {
            name: "token-interval",
            short: None,
            value: Value::Text("SECONDS"),
            variables: &[],
            default: Some("half of the tokens' life"),
            help: "Obtain other tokens after so many seconds at the latest: 1 to 43200.",
        },
        Setting {
            name: "forget-tokens",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Keep the current tokens in no Secret of our own namespace: each start asks for others.",
        },
        Setting {
            name: "accept-broad-rbac",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Run in cluster mode without the ValidatingAdmissionPolicy that keeps our service account \
                   to its Secrets.",
        },
    ],
};
