use crate::setting::{Group, Setting, Value};

/// Where credentials go.
pub static CREDENTIALS_FILES: Group = Group {
    heading: "Credentials file",
    settings: &[
        Setting {
            name: "profile",
            short: None,
            value: Value::Text("NAME"),
            variables: &[],
            default: Some("default"),
            help: "The named profile to write. Everything else in the file stays byte for byte.",
        },
        Setting {
            name: "credentials-file",
            short: None,
            value: Value::Text("FILE"),
            variables: &["AWS_SHARED_CREDENTIALS_FILE"],
            default: Some("~/.aws/credentials"),
            help: "The shared credentials file.",
        },
        Setting {
            name: "config-file",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: None,
            help: "Write the region into the same profile of this AWS config file, too.",
        },
    ],
};

/// Which variables are set.
pub static VARIABLES: Group = Group {
    heading: "Variables",
    settings: &[Setting {
        name: "with-region",
        short: None,
        value: Value::Switch,
        variables: &[],
        default: None,
        help: "Set AWS_REGION and AWS_DEFAULT_REGION to the trust anchor's region, too.",
    }],
};

/// Where certificate and key go.
pub static CERTIFICATE_FILES: Group = Group {
    heading: "Certificate files",
    settings: &[
        Setting {
            name: "out-dir",
            short: None,
            value: Value::Text("FOLDER"),
            variables: &[],
            default: Some("."),
            help: "The folder of cert.pem, chain.pem and private.pem. They are replaced together: \
                   no reader sees a key beside a foreign certificate.",
        },
        Setting {
            name: "layout",
            short: None,
            value: Value::Text("LAYOUT"),
            variables: &[],
            default: Some("clean"),
            help: "What the files hold. clean: the certificate, its intermediates without the root, \
                   and the key; bundle: certificate and intermediates in one file; \
                   legacy: as gen-cert.py wrote them.",
        },
        Setting {
            name: "pkcs12-password-file",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: None,
            help: "Write keystore.p12, too, with key, certificate and intermediates under the \
                   password in this file: printable ASCII; a newline at its end does not count. \
                   It is replaced together with the PEM files.",
        },
        Setting {
            name: "pkcs12-name",
            short: None,
            value: Value::Text("NAME"),
            variables: &[],
            default: Some("iamra"),
            help: "The friendly name of the key in keystore.p12: Java's alias.",
        },
    ],
};

/// Who may read the files.
pub static FILE_MODES: Group = Group {
    heading: "Permissions",
    settings: &[
        Setting {
            name: "file-mode",
            short: None,
            value: Value::Text("MODE"),
            variables: &[],
            default: Some("0600"),
            help: "The mode of the files: 0600, or 0640 with --file-group. Never more.",
        },
        Setting {
            name: "file-group",
            short: None,
            value: Value::Text("GROUP"),
            variables: &[],
            default: None,
            help: "The group that may read the files, by name or number.",
        },
    ],
};

/// How a file changes.
pub static KEEP_INODE: Group = Group {
    heading: "Permissions",
    settings: &[Setting {
        name: "keep-inode",
        short: None,
        value: Value::Switch,
        variables: &[],
        default: None,
        help: "Write into the file that is there, for readers that keep it open or have it \
                   mounted alone (subPath). That is locked, but not atomic: a reader may find half \
                   of it.",
    }],
};

/// Where sessions are kept for other processes.
pub static SESSION_CACHE: Group = Group {
    heading: "Shared session",
    settings: &[Setting {
        name: "session-cache",
        short: None,
        value: Value::Text("FOLDER"),
        variables: &[],
        default: Some("with Vault: iamra in XDG_RUNTIME_DIR, XDG_CACHE_HOME or ~/.cache"),
        help: "Keep the session in this folder, in a file for its owner alone, and use one that \
               another process has opened for the same identity and role. Processes that come at \
               once open one. `off` keeps none; without Vault, that is the default.",
    }],
};

/// What outlives a restart.
pub static IDENTITY_CACHE: Group = Group {
    heading: "After a restart",
    settings: &[Setting {
        name: "identity-cache",
        short: None,
        value: Value::Text("FOLDER"),
        variables: &[],
        default: None,
        help: "Keep the certificate from Vault, its key and the session in this folder, for a \
               restart while Vault or AWS is away. Whoever can read it is us: make it a tmpfs.",
    }],
};
