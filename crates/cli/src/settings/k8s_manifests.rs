use crate::setting::{Group, Setting, Value};

/// What is to be installed in a cluster.
pub static MANIFESTS: Group = Group {
    heading: "Manifests",
    settings: &[
        Setting {
            name: "form",
            short: None,
            value: Value::Text("FORM"),
            variables: &[],
            default: Some("deployment"),
            help: "What runs: deployment (k8s run), cronjob (k8s sync), or a sidecar beside an \
                   application: sidecar-cert (cert watch, files of a certificate), sidecar-creds \
                   (creds serve, an endpoint) or sidecar-file (creds file --watch, a credentials \
                   file).",
        },
        Setting {
            name: "mode",
            short: None,
            value: Value::Text("MODE"),
            variables: &[],
            default: Some("cluster where a selector or a glob names the targets, else namespaced"),
            help: "How far the rights reach: namespaced, a Role in each namespace; or cluster, a \
                   ClusterRole.",
        },
        Setting {
            name: "image",
            short: None,
            value: Value::Text("IMAGE"),
            variables: &[],
            default: Some("iamra and its version, from no registry"),
            help: "The image of iamra.",
        },
        Setting {
            name: "replicas",
            short: None,
            value: Value::Text("NUMBER"),
            variables: &[],
            default: Some("2 with --leader-elect, else 1"),
            help: "How many pods run. More than one need --leader-elect.",
        },
        Setting {
            name: "kube-version",
            short: None,
            value: Value::Text("VERSION"),
            variables: &[],
            default: Some("a present one"),
            help: "The version of the cluster: 1.29. Before 1.30 there is no \
                   ValidatingAdmissionPolicy, and a selector or a glob is an error; before 1.29 a \
                   sidecar is a container like the others.",
        },
        Setting {
            name: "sandbox",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "A demonstration that needs neither AWS nor Vault: the container runs iamra inside \
                   of the sandbox, and its tokens open nothing.",
        },
    ],
};
