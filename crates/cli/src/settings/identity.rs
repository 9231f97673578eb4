use crate::setting::{Group, Setting, Value};

const FROM_FILES: &str = "Certificate from files, in place of one from Vault";

/// A certificate that is there already.
pub static PEM_FILES: Group = Group {
    heading: FROM_FILES,
    settings: &[
        Setting {
            name: "certificate",
            short: None,
            value: Value::Text("FILE"),
            variables: &["CERTIFICATE_ID"],
            default: None,
            help: "The end-entity certificate in PEM. Intermediates and the private key \
                   may stand in the same file. A PKCS#12 file (.p12, .pfx) holds them all. \
                   - is standard input.",
        },
        Setting {
            name: "certificate-pem",
            short: None,
            value: Value::SecretVariable,
            variables: &["IAMRA_CERTIFICATE_PEM"],
            default: None,
            help: "The text itself in place of --certificate, for where there are no files. It may \
                   hold the private key, too.",
        },
        Setting {
            name: "intermediates",
            short: None,
            value: Value::Text("FILE"),
            variables: &["CERTIFICATE_BUNDLE_ID"],
            default: None,
            help: "The intermediates in PEM, at most five. Roots are left out.",
        },
        Setting {
            name: "intermediates-pem",
            short: None,
            value: Value::SecretVariable,
            variables: &["IAMRA_INTERMEDIATES_PEM"],
            default: None,
            help: "The text itself in place of --intermediates.",
        },
    ],
};

/// Its key, for who signs with it.
pub static KEY_FILE: Group = Group {
    heading: FROM_FILES,
    settings: &[
        Setting {
            name: "private-key",
            short: None,
            value: Value::Text("FILE"),
            variables: &["PRIVATE_KEY_ID"],
            default: Some("the certificate file"),
            help: "The private key in PEM: PKCS#8 (encrypted by PBES2, too), PKCS#1 or SEC1. \
                   - is standard input.",
        },
        Setting {
            name: "private-key-pem",
            short: None,
            value: Value::SecretVariable,
            variables: &["IAMRA_PRIVATE_KEY_PEM"],
            default: None,
            help: "The text itself in place of --private-key, for where there are no files.",
        },
        Setting {
            name: "private-key-passphrase-file",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: None,
            help: "The file with the passphrase of the private key or the PKCS#12 file, without its final line break. \
                   Without one, a command that ends by itself asks at the terminal.",
        },
        Setting {
            name: "private-key-passphrase",
            short: None,
            value: Value::SecretVariable,
            variables: &["IAMRA_PRIVATE_KEY_PASSPHRASE"],
            default: None,
            help: "The passphrase of the private key or the PKCS#12 file.",
        },
        #[cfg(feature = "pkcs11")]
        Setting {
            name: "pkcs11-lib",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: Some("p11-kit-proxy.so"),
            help: "The PKCS#11 library by which --certificate and --private-key are reached where \
                   they are pkcs11: URIs (RFC 7512).",
        },
        #[cfg(feature = "pkcs11")]
        Setting {
            name: "pkcs11-pin-file",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: None,
            help: "The file with the PIN of the token, without its final line break. The URI's \
                   pin-source=file:/path comes before it.",
        },
        #[cfg(feature = "pkcs11")]
        Setting {
            name: "pkcs11-pin",
            short: None,
            value: Value::SecretVariable,
            variables: &["IAMRA_PKCS11_PIN"],
            default: None,
            help: "The PIN of the token.",
        },
    ],
};

/// A certificate from an agent of SPIFFE's.
#[cfg(feature = "spiffe")]
pub static WORKLOAD_API: Group = Group {
    heading: "Certificate from the SPIFFE Workload API, in place of one from Vault",
    settings: &[
        Setting {
            name: "spiffe-endpoint-socket",
            short: None,
            value: Value::Text("URI"),
            variables: &["SPIFFE_ENDPOINT_SOCKET"],
            default: None,
            help: "The Workload API: unix:///run/spire/agent.sock. The identity is the X.509-SVID \
                   that it gives, fetched anew for each session.",
        },
        Setting {
            name: "spiffe-hint",
            short: None,
            value: Value::Text("HINT"),
            variables: &[],
            default: Some("the first SVID"),
            help: "Which of several X.509-SVIDs: the one with this hint.",
        },
    ],
};

/// What a certificate is checked against.
pub static TRUST_ANCHOR_FILE: Group = Group {
    heading: "Trust anchor",
    settings: &[Setting {
        name: "trust-anchor-pem",
        short: None,
        value: Value::Text("FILE"),
        variables: &[],
        default: None,
        help: "The certificates of the trust anchor in PEM. Whether the certificate leads to one of \
               them is checked here, without calling AWS: names, signatures, validity, CA:TRUE, \
               keyCertSign and the length of the path, but not revocation.",
    }],
};

/// What of a PKI mount becomes a trust anchor.
pub static TRUST_ANCHOR_EXPORT: Group = Group {
    heading: "Trust anchor",
    settings: &[
        Setting {
            name: "bundle",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Print the mount's other issuers that can sign, too: for the time in which a CA is \
                   being replaced. Roles Anywhere takes two certificates.",
        },
        Setting {
            name: "inspect-roles",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Log in and read the mount's roles, to warn of those for servers or for any name. \
                   Without it, only ACME on the mount is seen. The policy must allow to list and \
                   read roles.",
        },
    ],
};

/// What certificate Vault is asked for.
pub static CERTIFICATE_REQUEST: Group = Group {
    heading: "Certificate from Vault",
    settings: &[
        Setting {
            name: "common-name",
            short: None,
            value: Value::Text("NAME"),
            variables: &["VAULT_CERT_CN"],
            default: None,
            help: "The common name of the certificate. Sessions carry it as source identity.",
        },
        Setting {
            name: "pki-role",
            short: None,
            value: Value::Text("ROLE"),
            variables: &["VAULT_CERT_NAME"],
            default: Some("the common name"),
            help: "The role of the PKI mount.",
        },
        Setting {
            name: "pki-mount",
            short: None,
            value: Value::Text("PATH"),
            variables: &[],
            default: Some("pki-aws"),
            help: "The path of the PKI mount.",
        },
        Setting {
            name: "pki-mode",
            short: None,
            value: Value::Text("MODE"),
            variables: &[],
            default: Some("sign"),
            help: "How to obtain the certificate: sign, where the key is made here and stays here, \
                   issue, where Vault makes the key and sends it, or sign-verbatim, where Vault \
                   signs whatever is asked for (--allow-sign-verbatim).",
        },
        Setting {
            name: "allow-sign-verbatim",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Let --pki-mode be sign-verbatim. A policy that allows it makes its holder \
                   anybody; it is for those who run the CA.",
        },
        Setting {
            name: "key-type",
            short: None,
            value: Value::Text("TYPE"),
            variables: &[],
            default: Some("auto"),
            help: "The key to make: auto, ec-p256, ec-p384, rsa-2048, rsa-3072 or rsa-4096. \
                   auto is ec-p256, or what the role says that it wants.",
        },
        Setting {
            name: "issuer",
            short: None,
            value: Value::Text("REF"),
            variables: &[],
            default: Some("the role's"),
            help: "The issuer's name or id. It needs its own line in the policy.",
        },
        Setting {
            name: "dns",
            short: None,
            value: Value::List("NAME"),
            variables: &[],
            default: None,
            help: "A DNS name of the certificate.",
        },
        Setting {
            name: "uri",
            short: None,
            value: Value::List("URI"),
            variables: &[],
            default: None,
            help: "A URI of the certificate, such as a SPIFFE ID.",
        },
        Setting {
            name: "ip",
            short: None,
            value: Value::List("ADDRESS"),
            variables: &[],
            default: None,
            help: "An IP address of the certificate.",
        },
        Setting {
            name: "ttl",
            short: None,
            value: Value::Text("DURATION"),
            variables: &[],
            default: Some("the role's"),
            help: "How long the certificate shall be valid: 24h, 90m, 3600. The role may grant less.",
        },
        Setting {
            name: "not-after",
            short: None,
            value: Value::Text("TIME"),
            variables: &[],
            default: None,
            help: "Until when the certificate shall be valid (RFC 3339), in place of --ttl. \
                   Vault does not hold it against the role's max_ttl.",
        },
    ],
};
