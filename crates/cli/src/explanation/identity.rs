//! Keys and certificates, and the tokens that hold them.

use super::{Cause, Explanation, cause};

pub(crate) const KEY_MISMATCH: Cause = cause(
    "the key is not the certificate's",
    "certificate and key are of two generations or two certificates; give the pair that was made together",
);
pub(crate) const TOO_MANY: Cause = cause(
    "more CAs are sent than Roles Anywhere takes",
    "register an intermediate as the trust anchor; then only those below it are sent",
);
pub(crate) const PASSPHRASE: Cause = cause(
    "the key is encrypted, and no passphrase is given",
    "name the file that holds its passphrase: --private-key-passphrase-file FILE; or set IAMRA_PRIVATE_KEY_PASSPHRASE",
);
pub(crate) const FILE_PASSPHRASE: Cause = cause(
    "the passphrase is not that of the PKCS#12 file",
    "give the passphrase of this file; of a passphrase file, one final line break is not a part of it",
);
pub(crate) const KEY_PASSPHRASE: Cause = cause(
    "the passphrase is not the key's",
    "give the passphrase of this key; of a passphrase file, one final line break is not a part of it",
);
pub(crate) const PKCS12: Cause = cause(
    "the PKCS#12 file is damaged, or of a kind that nobody should use",
    "make it anew: openssl pkcs12 -in FILE -out all.pem, then openssl pkcs12 -export -in all.pem -out NEW.p12 (and remove all.pem)",
);
pub(crate) const ENCRYPTION: Cause = cause(
    "the key is encrypted in a way that is not supported",
    "encrypt it anew: openssl pkey -in KEY | openssl pkcs8 -topk8 -v2 aes-256-cbc -out NEW (and keep NEW at mode 0600)",
);
pub(crate) const NO_MODULE: Cause = cause(
    "the token's library is not found",
    "name the library of the token: --pkcs11-lib /usr/lib/.../libname.so",
);
pub(crate) const NO_OBJECT: Cause = cause(
    "no token, key or certificate fits the URI",
    "p11tool --list-all URI, or pkcs11-tool --list-objects, shows what there is",
);
pub(crate) const SEVERAL: Cause = cause(
    "several fit the URI",
    "say more in the URI: token=, serial=, object= or id=",
);
pub(crate) const PIN_MISSING: Cause = cause(
    "the token wants a PIN, and none is given",
    "name the file that holds it: --pkcs11-pin-file FILE, or pin-source=file:/path in the URI; or set IAMRA_PKCS11_PIN",
);
pub(crate) const WRONG_PIN: Cause = cause(
    "the PIN is wrong",
    "check the PIN before you try again: after some wrong ones the token locks itself",
);
pub(crate) const PIN_LOCKED: Cause = cause(
    "the token has locked itself",
    "unlock it with the token's own tool (its SO PIN or PUK)",
);
pub(crate) const AGENT: Cause = cause(
    "the agent of the Workload API does not answer",
    "check that the agent runs, and that this user may open its socket",
);
pub(crate) const ENTRY: Cause = cause(
    "the agent has no entry that fits this process",
    "the agent knows no identity for this process: in SPIRE, make a registration entry whose selectors match it",
);

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "identity.invalid",
        meaning: "Certificate and key do not make an identity.",
        causes: &[
            KEY_MISMATCH,
            PASSPHRASE,
            KEY_PASSPHRASE,
            FILE_PASSPHRASE,
            ENCRYPTION,
            PKCS12,
            TOO_MANY,
        ],
        check: &[
            "iamra cert show --certificate cert.pem",
            "openssl pkey -in key.pem -pubout | openssl sha256; openssl x509 -in cert.pem -noout -pubkey | openssl sha256",
        ],
        says: &[
            "unable to parse private key",
            "incorrect PKCS#8 private key password",
            "pkcs12: unknown digest algorithm",
            "pkcs12: decryption password incorrect",
            "tls: private key does not match public key",
            "crypto/cipher: input not full blocks",
            "key values mismatch",
        ],
    },
    Explanation {
        code: "pkcs11.pin",
        meaning: "The token does not open: the PIN is missing, wrong, or locked.",
        causes: &[PIN_MISSING, WRONG_PIN, PIN_LOCKED],
        check: &["pkcs11-tool --list-token-slots"],
        says: &[
            "CKR_PIN_INCORRECT",
            "CKR_PIN_LOCKED",
            "CKR_USER_NOT_LOGGED_IN",
        ],
    },
    Explanation {
        code: "pkcs11.no-token",
        meaning: "The token is not there.",
        causes: &[NO_OBJECT],
        check: &["pkcs11-tool --list-slots", "p11-kit list-modules"],
        says: &[
            "CKR_TOKEN_NOT_PRESENT",
            "CKR_SLOT_ID_INVALID",
            "no matching tokens",
        ],
    },
    Explanation {
        code: "pkcs11.invalid",
        meaning: "The token, or what the URI names in it, cannot be used.",
        causes: &[NO_MODULE, NO_OBJECT, SEVERAL],
        check: &["p11tool --list-all URI"],
        says: &[
            "CKR_KEY_TYPE_INCONSISTENT",
            "CKR_MECHANISM_INVALID",
            "libp11-kit*cannot open shared object file",
            "multiple matching objects",
        ],
    },
    Explanation {
        code: "pkcs11.failed",
        meaning: "The token failed while it worked.",
        causes: &[cause(
            "the device or its library has failed",
            "look at the token's own log; take it out and in, or start its daemon anew",
        )],
        check: &["pkcs11-tool --test --login"],
        says: &[
            "CKR_GENERAL_ERROR",
            "CKR_DEVICE_ERROR",
            "CKR_FUNCTION_FAILED",
        ],
    },
    Explanation {
        code: "spiffe.no-svid",
        meaning: "The Workload API gives no X.509 SVID that fits.",
        causes: &[cause(
            "there is none of that SPIFFE id or hint",
            "name one that the agent has, or leave it out",
        )],
        check: &["spire-agent api fetch x509"],
        says: &["no X.509 SVID"],
    },
    Explanation {
        code: "spiffe.denied",
        meaning: "The Workload API knows no identity for this process.",
        causes: &[ENTRY],
        check: &["spire-server entry show", "spire-agent api fetch x509"],
        says: &[
            "no identity issued",
            "PermissionDenied desc = no identity issued",
        ],
    },
    Explanation {
        code: "spiffe.unavailable",
        meaning: "The Workload API does not answer.",
        causes: &[AGENT],
        check: &["spire-agent healthcheck", "ls -l /run/spire/"],
        says: &[
            "agent.sock: connect: no such file or directory",
            "agent.sock: connect: connection refused",
        ],
    },
    Explanation {
        code: "spiffe.failed",
        meaning: "The Workload API answers what cannot be used.",
        causes: &[AGENT],
        check: &["spire-agent api fetch x509"],
        says: &[],
    },
];
