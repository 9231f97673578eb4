use crate::setting::{Group, Setting, Value};

/// Settings of every command.
pub static GENERAL: Group = Group {
    heading: "General",
    settings: &[
        Setting {
            name: "config",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: None,
            help: "Read settings from this TOML file. Its keys are the names of the flags; \
                   `schema = 1` comes first. Flags and variables are stronger.",
        },
        Setting {
            name: "log-level",
            short: None,
            value: Value::Text("LEVEL"),
            variables: &[],
            default: Some("info; warn for creds process, env and exec, and for ecr"),
            help: "What to log on stderr: off, error, warn, info, debug or trace. \
                   Secrets are logged at no level.",
        },
        Setting {
            name: "log-format",
            short: None,
            value: Value::Text("FORMAT"),
            variables: &[],
            default: Some("text"),
            help: "How to log: text, or json with one object per line.",
        },
    ],
};

/// The form of what goes to stdout.
pub static OUTPUT: Group = Group {
    heading: "General",
    settings: &[Setting {
        name: "output",
        short: Some('o'),
        value: Value::Text("FORMAT"),
        variables: &[],
        default: Some("text"),
        help: "What to print on stdout: text for people, or json for programs.",
    }],
};

/// How far doctor goes, and what it leaves for others.
pub static DOCTOR: Group = Group {
    heading: "Doctor",
    settings: &[
        Setting {
            name: "offline",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Call nobody: look at settings and files only.",
        },
        #[cfg(feature = "ecr")]
        Setting {
            name: "with-ambient",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Read trust anchor and profile with the AWS credentials that are around, an \
                   administrator's. They need rolesanywhere:GetTrustAnchor and rolesanywhere:GetProfile. \
                   Without, the session's own are used, if there is one and its role may.",
        },
        Setting {
            name: "support-bundle",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: None,
            help: "Write what others need to help into this file, or to stdout for -. That is: versions, \
                   settings with their origins, and the steps; no token, key or password, and no log.",
        },
        Setting {
            name: "mask",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Leave accounts, hosts and certificate names out of the support bundle, too. Those are \
                   the hosts and names of the settings; the same one has the same number everywhere.",
        },
    ],
};
