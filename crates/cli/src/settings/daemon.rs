use crate::setting::{Group, Setting, Value};

/// Whether what is there counts.
pub static IF_DUE: Group = Group {
    heading: "When",
    settings: &[Setting {
        name: "if-due",
        short: None,
        value: Value::Switch,
        variables: &[],
        default: None,
        help: "Do nothing while the certificate in the folder is good: with the names, key type \
               and layout that are asked for, with its key, fit for Roles Anywhere, and not yet \
               through two thirds of its life.",
    }],
};

/// How long a daemon lives.
pub static ONCE: Group = Group {
    heading: "When",
    settings: &[Setting {
        name: "once",
        short: None,
        value: Value::Switch,
        variables: &[],
        default: None,
        help: "Make one pass, with the hooks, and end: for a timer or an init container.",
    }],
};

/// Whom to tell of a change.
pub static HOOKS: Group = Group {
    heading: "After a change",
    settings: &[
        Setting {
            name: "exec",
            short: None,
            value: Value::Text("COMMAND"),
            variables: &[],
            default: None,
            help: "Run this command after the files have changed. \
                   It is split into words as a shell does it, but run without one, \
                   and gets no variable that may hold a secret, by its name or its value. \
                   IAMRA_CHANGED_FOLDER and IAMRA_CHANGED_SERIAL (a certificate) or \
                   IAMRA_CHANGED_FILE and IAMRA_CHANGED_PROFILE (a session), and \
                   IAMRA_CHANGED_NOT_AFTER tell what is new. Where it fails, it is run again later, by the next process, too. \
                   What it leaves in the background ends with it.",
        },
        Setting {
            name: "exec-timeout",
            short: None,
            value: Value::Text("SECONDS"),
            variables: &[],
            default: Some("30"),
            help: "How long the command may take; then it is killed.",
        },
        Setting {
            name: "pid-file",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: None,
            help: "Send a signal to the process whose number is in this file, \
                   after the files have changed.",
        },
        Setting {
            name: "signal",
            short: None,
            value: Value::Text("NAME"),
            variables: &[],
            default: Some("HUP"),
            help: "The signal: HUP, USR1, USR2 or TERM.",
        },
    ],
};

/// How a daemon is watched.
pub static MONITOR: Group = Group {
    heading: "Monitoring",
    settings: &[Setting {
        name: "metrics-addr",
        short: None,
        value: Value::Text("ADDRESS:PORT"),
        variables: &[],
        default: None,
        help: "Serve /metrics (OpenMetrics), /healthz and /readyz here. \
               Nothing that they tell is secret.",
    }],
};

/// What a probe asks.
pub static PROBE: Group = Group {
    heading: "Monitoring",
    settings: &[Setting {
        name: "ready",
        short: None,
        value: Value::Switch,
        variables: &[],
        default: None,
        help: "Ask whether a valid value is at hand, and not only whether the process is alive.",
    }],
};

/// Whether a file is kept fresh.
pub static WATCH: Group = Group {
    heading: "When",
    settings: &[
        Setting {
            name: "watch",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Stay, and replace the credentials in time: after two thirds of the session's \
                   life, five minutes before its end at the latest. SIGHUP opens another session \
                   now, SIGTERM ends.",
        },
        Setting {
            name: "refresh-interval",
            short: None,
            value: Value::Text("SECONDS"),
            variables: &["AWS_REFRESH_INTERVAL"],
            default: None,
            help: "Replace the credentials after this time at the latest, 1 to 43200 seconds. \
                   AWS_REFRESH_INTERVAL is read by creds file --watch only.",
        },
    ],
};

/// Where a sidecar's probe asks.
pub static HEALTH_PORT: Group = Group {
    heading: "Monitoring",
    settings: &[Setting {
        name: "health-port",
        short: None,
        value: Value::Text("PORT"),
        variables: &["LISTEN_PORT"],
        default: None,
        help: "Serve /healthz on this port of every address, and let it tell whether valid \
               credentials are at hand: 3000 or :3000. LISTEN_PORT is read by creds file --watch \
               only.",
    }],
};
