//! Vault and OpenBao: whether and how they answer.

use super::connection::{CLIENT_CERTIFICATE, NOT_TLS, OTHER_NAME, UNKNOWN_HOST, UNREACHABLE};
use super::vault::{LATE, MISMATCH, QUOTA};
use super::{Cause, Explanation, cause};

pub(crate) const LEASED: Cause = cause(
    "the PKI role leases its certificates",
    "have the PKI role issue without a lease: generate_lease=false",
);

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "vault.sealed",
        meaning: "Vault is sealed: it answers nobody.",
        causes: &[cause(
            "it was started, and nobody has unsealed it",
            "unseal Vault",
        )],
        check: &["vault status"],
        says: &["Vault is sealed", "sealed: true"],
    },
    Explanation {
        code: "vault.unavailable",
        meaning: "Vault did not answer, or answered that it cannot now.",
        causes: &[
            UNREACHABLE,
            UNKNOWN_HOST,
            LATE,
            cause(
                "there is no active node",
                "check the cluster's leader, and the address that it knows of itself (api_addr)",
            ),
            cause("Vault is not initialised", "initialise it"),
        ],
        check: &[
            "vault status",
            "curl -s $VAULT_ADDR/v1/sys/health",
            "iamra doctor",
        ],
        says: &[
            "node is not active",
            "no active Vault instance found",
            "local node not active but active cluster node not found",
            ":8200: connect: connection refused",
            "/v1/*dial tcp*connection refused",
            "/v1/*dial tcp*no such host",
            "/v1/*dial tcp*i/o timeout",
            "/v1/*context deadline exceeded",
            "lookup vault*no such host",
            "Vault is not initialized",
        ],
    },
    Explanation {
        code: "vault.untrusted-server",
        meaning: "What answers at Vault's address shows a certificate of no CA that is trusted here.",
        causes: &[
            cause(
                "Vault's CA is one of its own",
                "name the file with Vault's CA: --vault-cacert (VAULT_CACERT); it replaces the system's CAs",
            ),
            OTHER_NAME,
            CLIENT_CERTIFICATE,
            super::connection::NOT_VALID,
        ],
        check: &["openssl s_client -connect vault.example:8200 -showcerts </dev/null"],
        says: &[
            "8200*x509: certificate signed by unknown authority",
            "port=8200*CERTIFICATE_VERIFY_FAILED",
            "/v1/*CERTIFICATE_VERIFY_FAILED",
            "/v1/*x509: certificate signed by unknown authority",
            "/v1/*x509: certificate is valid for",
            "vault*x509: certificate signed by unknown authority",
            "/v1/*remote error: tls: bad certificate",
        ],
    },
    Explanation {
        code: "vault.plain-text",
        meaning: "A private key would have to travel to Vault without encryption.",
        causes: &[cause(
            "Vault is reached over plain HTTP",
            "reach Vault over TLS; or revoke by the certificate or its serial number, with a login whose policy allows it",
        )],
        check: &["iamra config print"],
        says: &[],
    },
    Explanation {
        code: "vault.not-vault",
        meaning: "The answer is of something other than Vault.",
        causes: &[
            cause(
                "a proxy, a load balancer or another server answers",
                "check the address and the path prefix; something before Vault has answered",
            ),
            NOT_TLS,
        ],
        check: &["curl -sv $VAULT_ADDR/v1/sys/health"],
        says: &[
            "http: server gave HTTP response to HTTPS client",
            "Client sent an HTTP request to an HTTPS server",
            "/v1/*invalid character '<'",
        ],
    },
    Explanation {
        code: "vault.redirected",
        meaning: "Vault sends us to an address that the token is not carried to.",
        causes: &[cause(
            "a standby names another scheme or host",
            "set --vault-addr to the address that the message names, if that is Vault; or correct the api_addr of its nodes",
        )],
        check: &["curl -sv $VAULT_ADDR/v1/sys/leader"],
        says: &["redirect failed", "http: redirect from HTTPS to HTTP"],
    },
    Explanation {
        code: "vault.throttled",
        meaning: "Vault has had more requests than a quota allows.",
        causes: &[QUOTA],
        check: &["vault list sys/quotas/rate-limit"],
        says: &["rate limit quota exceeded", "lease count quota exceeded"],
    },
    Explanation {
        code: "vault.rejected",
        meaning: "Vault refuses the request for a reason that its message tells.",
        causes: &[cause(
            "the request and the role or mount do not fit together",
            "compare Vault's message with the PKI role: iamra setup vault prints one that fits",
        )],
        check: &["vault read pki-aws/roles/ROLE"],
        says: &["csr contains no data", "\"csr\" is empty", "Code: 400"],
    },
    Explanation {
        code: "vault.certificate-mismatch",
        meaning: "The certificate that came back is not the one that was asked for; it is not used.",
        causes: &[MISMATCH],
        check: &["vault read pki-aws/roles/ROLE"],
        says: &[],
    },
    Explanation {
        code: "vault.certificate-unknown",
        meaning: "Vault does not know the certificate that shall be revoked.",
        causes: &[cause(
            "the role stores none, or it is of another mount",
            "check the mount; a role with no_store keeps no certificate: revoke it by the certificate itself, or with its key",
        )],
        check: &["vault list pki-aws/certs"],
        says: &["certificate with serial * not found"],
    },
    Explanation {
        code: "vault.leased",
        meaning: "The certificate has a lease: Vault revokes it with the token.",
        causes: &[LEASED],
        check: &["vault read -field=generate_lease pki-aws/roles/ROLE"],
        says: &[],
    },
    Explanation {
        code: "vault.unusable-answer",
        meaning: "Vault granted what was asked for, but the answer lacks what it must hold.",
        causes: &[cause(
            "something on the way changes answers, or the mount is of another engine",
            "check --vault-addr and --pki-mount; run again with --log-level debug",
        )],
        check: &["vault secrets list", "iamra doctor"],
        says: &["the backend config is nil"],
    },
    Explanation {
        code: "vault.failed",
        meaning: "Speaking with Vault failed in a way that none of the others describes.",
        causes: &[cause(
            "see the message",
            "run iamra doctor, and the command again with --log-level debug",
        )],
        check: &["iamra doctor"],
        says: &[],
    },
];
