use super::flag::Flag;

/// One subcommand of the helper.
pub(super) struct Subcommand {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) flags: &'static [&'static [Flag]],
    /// Flags that exclude each other.
    pub(super) pairs: &'static [(&'static str, &'static str)],
}

/// Those that have flags.
pub(super) static SUBCOMMANDS: [Subcommand; 5] = [
    Subcommand {
        name: "credential-process",
        about: "Print a session's credentials as the SDKs' credential_process wants them",
        flags: &[CERTIFICATE, KEY, SESSION],
        pairs: PAIRS,
    },
    Subcommand {
        name: "update",
        about: "Keep a profile of the shared credentials file fresh",
        flags: &[CERTIFICATE, KEY, SESSION, UPDATE],
        pairs: PAIRS,
    },
    Subcommand {
        name: "serve",
        about: "Serve credentials on loopback, as IMDSv2 does",
        flags: &[CERTIFICATE, KEY, SESSION, SERVE],
        pairs: PAIRS,
    },
    Subcommand {
        name: "sign-string",
        about: "Sign a fixed text, to try a key out",
        flags: &[CERTIFICATE, KEY, SIGN],
        pairs: SIGN_PAIRS,
    },
    Subcommand {
        name: "read-certificate-data",
        about: "Print what a certificate holds",
        flags: &[CERTIFICATE],
        pairs: PAIRS,
    },
];

const CERTIFICATE: &[Flag] = &[
    Flag::text("certificate", "The certificate: a file, or a PKCS#11 URI"),
    Flag::text(
        "cert-selector",
        "A certificate of the system's store: not supported here",
    ),
    Flag::text(
        "system-store-name",
        "A store of Windows: not supported here",
    )
    .or("MY"),
    Flag::text("pkcs11-lib", "The library of a security token"),
    Flag::switch("debug", "Log what is done; no secret is shown"),
];

const KEY: &[Flag] = &[
    Flag::text("private-key", "The private key: a file, or a PKCS#11 URI"),
    Flag::switch(
        "use-latest-expiring-certificate",
        "Of several certificates that --cert-selector finds, the one that ends last",
    ),
    Flag::switch("reuse-pin", "Show the token's PIN at each signature, too"),
    Flag::text(
        "tpm-key-password",
        "The password of a key in a TPM: not supported here",
    ),
    Flag::switch("no-tpm-key-password", "The key in the TPM has no password"),
    Flag::text(
        "pkcs8-password",
        "The passphrase of the private key; everybody can read it there",
    ),
];

const SESSION: &[Flag] = &[
    Flag::text("role-arn", "The IAM role to assume"),
    Flag::text("profile-arn", "The Roles Anywhere profile"),
    Flag::text("trust-anchor-arn", "The Roles Anywhere trust anchor"),
    Flag::number(
        "session-duration",
        "3600",
        "How long the session shall last, in seconds",
    ),
    Flag::text("region", "The region to sign for"),
    Flag::text("endpoint", "The base URL of Roles Anywhere"),
    Flag::switch("no-verify-ssl", "Do not verify AWS's certificate"),
    Flag::switch("with-proxy", "Use the proxy that the environment names"),
    Flag::text("intermediates", "The intermediates, in PEM"),
    Flag::text("role-session-name", "The name of the session"),
];

const UPDATE: &[Flag] = &[
    Flag::text("profile", "The named profile").or("default"),
    Flag::switch("once", "Write it once, and end"),
];

const SERVE: &[Flag] = &[
    Flag::number("port", "9911", "The port on 127.0.0.1"),
    Flag::number("hop-limit", "64", "The TTL of the answers' packets"),
];

const SIGN: &[Flag] = &[
    Flag::one_of(
        "format",
        &["json", "text", "bin"],
        "How to print it: json, text or bin",
    )
    .or("json"),
    Flag::one_of(
        "digest",
        &["SHA256", "SHA384", "SHA512"],
        "SHA256, SHA384 or SHA512",
    )
    .or("SHA256"),
];

/// A pair counts where a subcommand has both.
const PAIRS: &[(&str, &str)] = &[
    ("certificate", "cert-selector"),
    ("certificate", "system-store-name"),
    ("private-key", "cert-selector"),
    ("private-key", "system-store-name"),
    ("private-key", "use-latest-expiring-certificate"),
    ("use-latest-expiring-certificate", "intermediates"),
    ("use-latest-expiring-certificate", "reuse-pin"),
    ("cert-selector", "intermediates"),
    ("cert-selector", "reuse-pin"),
    ("system-store-name", "reuse-pin"),
    ("tpm-key-password", "cert-selector"),
    ("tpm-key-password", "reuse-pin"),
    ("no-tpm-key-password", "cert-selector"),
    ("no-tpm-key-password", "tpm-key-password"),
    ("pkcs8-password", "tpm-key-password"),
];

const SIGN_PAIRS: &[(&str, &str)] = &[
    ("certificate", "cert-selector"),
    ("certificate", "system-store-name"),
    ("private-key", "cert-selector"),
    ("private-key", "system-store-name"),
    ("private-key", "use-latest-expiring-certificate"),
    ("use-latest-expiring-certificate", "reuse-pin"),
    ("cert-selector", "reuse-pin"),
    ("system-store-name", "reuse-pin"),
    ("tpm-key-password", "cert-selector"),
    ("tpm-key-password", "reuse-pin"),
    ("no-tpm-key-password", "cert-selector"),
    ("no-tpm-key-password", "reuse-pin"),
    ("no-tpm-key-password", "tpm-key-password"),
    ("pkcs8-password", "tpm-key-password"),
];
