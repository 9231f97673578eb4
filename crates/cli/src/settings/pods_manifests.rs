use crate::setting::{Group, Setting, Value};

/// What of pod identity is installed in a cluster, beside what `setup` asks, too.
pub static PODS_MANIFESTS: Group = Group {
    heading: "Manifests for pods",
    settings: &[Setting {
        name: "webhook",
        short: None,
        value: Value::Switch,
        variables: &[],
        default: None,
        help: "With --pods: the webhook as well, which gives pods the variables and the token that SDKs \
               look for.",
    }],
};
