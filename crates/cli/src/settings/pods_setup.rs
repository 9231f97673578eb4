use crate::setting::{Group, Setting, Value};

/// What is to be set up for the pods of a cluster.
pub static PODS_SETUP: Group = Group {
    heading: "Setup for pods",
    settings: &[
        Setting {
            name: "pods",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Set up what the pods of a cluster need, each as its service account, in place of single \
                   workloads: iamra k8s agent.",
        },
        Setting {
            name: "brokers",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "With --pods: let the brokers log in, too, for the certificate that agents know them by.",
        },
        Setting {
            name: "pod-role",
            short: None,
            value: Value::List("NAMESPACE/ACCOUNT=ROLE"),
            variables: &[],
            default: None,
            help: "With --pods: a service account, and the name of the role that is made for it. Each account \
                   has one role, and each role one account.",
        },
    ],
};
