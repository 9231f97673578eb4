use crate::setting::{Group, Setting, Value};

/// Who we are for Vault.
pub static VAULT_LOGIN: Group = Group {
    heading: "Login to Vault",
    settings: &[
        Setting {
            name: "auth",
            value: Value::Text("METHOD"),
            variables: &[],
            default: Some("what is at hand: a token, a token file, a service account"),
            help: "How to log in: token, token-file or kubernetes.",
        },
        Setting {
            name: "auth-mount",
            value: Value::Text("PATH"),
            variables: &[],
            default: Some("the method's name"),
            help: "The path of the auth mount.",
        },
        Setting {
            name: "auth-role",
            value: Value::Text("ROLE"),
            variables: &["VAULT_ROLE"],
            default: None,
            help: "The role of the auth mount.",
        },
        Setting {
            name: "jwt-file",
            value: Value::Text("FILE"),
            variables: &[],
            default: Some("/var/run/secrets/kubernetes.io/serviceaccount/token"),
            help: "The service account's token, read again at every login.",
        },
        Setting {
            name: "vault-token-file",
            value: Value::Text("FILE"),
            variables: &["BAO_TOKEN_PATH"],
            default: Some("~/.vault-token"),
            help: "A file that holds a token: the CLI's, or a sink of Vault Agent.",
        },
        Setting {
            name: "vault-token",
            value: Value::SecretVariable,
            variables: &["IAMRA_VAULT_TOKEN", "BAO_TOKEN", "VAULT_TOKEN"],
            default: None,
            help: "A token. It is never revoked: it is yours.",
        },
    ],
};

/// How Vault is reached.
pub static VAULT_CONNECTION: Group = Group {
    heading: "Connection to Vault",
    settings: &[
        Setting {
            name: "vault-addr",
            value: Value::Text("URL"),
            variables: &[
                "BAO_AGENT_ADDR",
                "VAULT_AGENT_ADDR",
                "BAO_ADDR",
                "VAULT_ADDR",
            ],
            default: Some("https://127.0.0.1:8200"),
            help: "The address of Vault or OpenBao: https, http, or unix:///path.",
        },
        Setting {
            name: "vault-namespace",
            value: Value::Text("PATH"),
            variables: &["BAO_NAMESPACE", "VAULT_NAMESPACE"],
            default: None,
            help: "The namespace of both the auth mount and the PKI mount.",
        },
        Setting {
            name: "vault-auth-namespace",
            value: Value::Text("PATH"),
            variables: &[],
            default: Some("--vault-namespace"),
            help: "The namespace of the auth mount.",
        },
        Setting {
            name: "vault-pki-namespace",
            value: Value::Text("PATH"),
            variables: &[],
            default: Some("--vault-namespace"),
            help: "The namespace of the PKI mount.",
        },
        Setting {
            name: "vault-cacert",
            value: Value::Text("FILE"),
            variables: &["BAO_CACERT", "VAULT_CACERT"],
            default: Some("the bundled roots, then the system's"),
            help: "Trust the CA certificates in this PEM file for Vault, and no others.",
        },
        Setting {
            name: "vault-cacert-bytes",
            value: Value::Text("PEM"),
            variables: &["BAO_CACERT_BYTES", "VAULT_CACERT_BYTES"],
            default: None,
            help: "The same as PEM text.",
        },
        Setting {
            name: "vault-capath",
            value: Value::Text("FOLDER"),
            variables: &["BAO_CAPATH", "VAULT_CAPATH"],
            default: None,
            help: "The same as a folder of PEM files.",
        },
        Setting {
            name: "vault-client-cert",
            value: Value::Text("FILE"),
            variables: &["BAO_CLIENT_CERT", "VAULT_CLIENT_CERT"],
            default: None,
            help: "The certificate to show Vault (mutual TLS).",
        },
        Setting {
            name: "vault-client-key",
            value: Value::Text("FILE"),
            variables: &["BAO_CLIENT_KEY", "VAULT_CLIENT_KEY"],
            default: None,
            help: "Its private key.",
        },
        Setting {
            name: "vault-tls-server-name",
            value: Value::Text("NAME"),
            variables: &["BAO_TLS_SERVER_NAME", "VAULT_TLS_SERVER_NAME"],
            default: Some("the address's"),
            help: "The name to ask for and to verify in Vault's certificate.",
        },
        Setting {
            name: "vault-skip-verify",
            value: Value::Switch,
            variables: &["BAO_SKIP_VERIFY", "VAULT_SKIP_VERIFY"],
            default: None,
            help: "Do not verify Vault's certificate. Whoever is on the wire can then read the login.",
        },
        Setting {
            name: "vault-timeout",
            value: Value::Text("DURATION"),
            variables: &["BAO_CLIENT_TIMEOUT", "VAULT_CLIENT_TIMEOUT"],
            default: Some("60s"),
            help: "How long a request to Vault may take.",
        },
        Setting {
            name: "vault-max-retries",
            value: Value::Text("NUMBER"),
            variables: &["BAO_MAX_RETRIES", "VAULT_MAX_RETRIES"],
            default: Some("2"),
            help: "How often a request to Vault is tried again.",
        },
        Setting {
            name: "vault-proxy",
            value: Value::Text("URL"),
            variables: &[
                "BAO_PROXY_ADDR",
                "VAULT_PROXY_ADDR",
                "BAO_HTTP_PROXY",
                "VAULT_HTTP_PROXY",
            ],
            default: Some("--https-proxy, --http-proxy"),
            help: "The proxy for Vault alone.",
        },
        Setting {
            name: "vault-disable-redirects",
            value: Value::Switch,
            variables: &["BAO_DISABLE_REDIRECTS", "VAULT_DISABLE_REDIRECTS"],
            default: None,
            help: "Do not follow the redirect of a standby.",
        },
    ],
};
