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

/// How far doctor goes.
pub static DOCTOR: Group = Group {
    heading: "Doctor",
    settings: &[Setting {
        name: "offline",
        short: None,
        value: Value::Switch,
        variables: &[],
        default: None,
        help: "Call nobody: look at settings and files only.",
    }],
};
