use crate::setting::{Group, Setting, Value};

/// What is to be set up in Vault.
pub static SETUP: Group = Group {
    heading: "Setup",
    settings: &[
        Setting {
            name: "workload",
            short: None,
            value: Value::List("NAME[=WHO]"),
            variables: &[],
            default: None,
            help: "A workload: the common name of its certificates, and who may log in as it. \
                   With kubernetes NAME=ACCOUNT@NAMESPACE, with jwt NAME=SUBJECT, with approle and \
                   cert NAME alone. A config file holds a list: workload = [\"a=a@prod\", \"b=b@prod\"].",
        },
        Setting {
            name: "workload-auth",
            short: None,
            value: Value::Text("METHOD"),
            variables: &[],
            default: Some("kubernetes"),
            help: "How the workloads log in: kubernetes, jwt (GitHub, GitLab), approle, or cert, \
                   where the present certificate obtains the next one.",
        },
        Setting {
            name: "workload-auth-mount",
            short: None,
            value: Value::Text("PATH"),
            variables: &[],
            default: Some("the method's name"),
            help: "The path of that auth method. It must be there already.",
        },
        Setting {
            name: "audience",
            short: None,
            value: Value::Text("TEXT"),
            variables: &[],
            default: Some("vault"),
            help: "Whom the workloads' tokens must be made for, with kubernetes and jwt. A token for \
                   another service then does not log in.",
        },
        Setting {
            name: "root-mount",
            short: None,
            value: Value::Text("PATH"),
            variables: &[],
            default: None,
            help: "The PKI mount of this Vault that signs the new mount's CA. Without it, the request \
                   is printed for your CA to sign.",
        },
        Setting {
            name: "ca-ttl",
            short: None,
            value: Value::Text("DURATION"),
            variables: &[],
            default: Some("8760h"),
            help: "How long the new mount's CA shall be valid, where --root-mount signs it: hours or days, \
                   8760h or 365d, at most 7300d.",
        },
        Setting {
            name: "existing-mount",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "The PKI mount and its CA are there already: print roles, policies and logins only.",
        },
    ],
};
