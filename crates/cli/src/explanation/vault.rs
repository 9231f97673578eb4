//! Vault and OpenBao: who may do what, and what a PKI role allows.

use super::{Cause, Explanation, cause};

pub(crate) const NO_LOGIN: Cause = cause(
    "nothing tells how to log in",
    "set VAULT_TOKEN, or VAULT_ROLE in a pod with a service account, or say --auth approle, jwt, github-actions, cert, userpass or none",
);
pub(crate) const NO_TOKEN: Cause = cause(
    "the token's variable or file is empty",
    "set VAULT_TOKEN (or BAO_TOKEN), or have it written into the token file, or choose another --auth",
);
pub(crate) const QUOTA: Cause = cause(
    "a rate limit quota of Vault's is used up",
    "a quota of Vault is used up: wait, or have it raised",
);
pub(crate) const MISMATCH: Cause = cause(
    "the PKI role changes what the CSR asks for",
    "the PKI role decides what is in a certificate: compare its use_csr_common_name, use_csr_sans and allowed names",
);
pub(crate) const MOUNT_OR_TOKEN: Cause = cause(
    "reading an issuer needs no token, so there may be no such mount",
    "there may be no such mount: one that is there answers this to everybody, without a token; check --pki-mount and the namespace",
);

pub(crate) const LOGIN_FILE: Cause = cause(
    "a file of the login to Vault cannot be read",
    "check the path, and who may read it: --jwt-file, --vault-token-file, --role-id-file, --secret-id-file or --password-file names it, and in a pod a volume brings it",
);

pub(crate) const LATE: Cause = cause(
    "Vault takes longer than we wait",
    "check the network between, and --vault-timeout",
);

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "vault.denied",
        meaning: "Vault does not let this token do that.",
        causes: &[
            cause(
                "no policy of the token names the path",
                "allow it in a policy of the token: path \"pki-aws/sign/ROLE\" { capabilities = [\"update\"] }; iamra setup vault prints it",
            ),
            cause(
                "the token has expired, was revoked, or has been used up",
                "log in anew, or have a new token made",
            ),
            cause(
                "the mount or the namespace is another one: Vault answers 403 there, too",
                "check --pki-mount, --auth-mount and --vault-namespace",
            ),
            MOUNT_OR_TOKEN,
        ],
        check: &[
            "vault token lookup",
            "vault token capabilities pki-aws/sign/ROLE",
            "iamra doctor",
        ],
        says: &[
            "1 error occurred:*permission denied",
            "Code: 403. Errors:*permission denied",
            "URL: PUT*/sign/*Code: 403",
            "403 permission denied",
            "missing client token",
            "preflight capability check returned 403",
        ],
    },
    Explanation {
        code: "vault.login-denied",
        meaning: "Vault's auth method does not take what we log in with.",
        causes: &[
            cause(
                "audience, namespace or service account are others than the auth role wants",
                "compare audience, namespace and service account with the auth role",
            ),
            cause(
                "a JWT is expired, of another issuer, or its claims do not fit",
                "have a new JWT made, and compare its iss, aud, sub and claims with the auth role",
            ),
            cause(
                "a secret_id has expired or is used up",
                "check the role_id; have a new secret_id made (secret_id_ttl, secret_id_num_uses)",
            ),
            cause(
                "the auth role does not exist",
                "create the role in the auth method, or name another one: --auth-role",
            ),
            cause(
                "Vault may not review tokens of the cluster",
                "check the mount of the auth method, and that Vault may review the token (system:auth-delegator) and takes its issuer and audience",
            ),
        ],
        check: &[
            "vault read auth/kubernetes/role/ROLE",
            "vault read auth/jwt/role/ROLE",
            "iamra doctor",
        ],
        says: &[
            "auth/kubernetes/login*permission denied",
            "permission denied, on post *v1/auth/*/login",
            "auth/kubernetes/login*Code: 403",
            "invalid role name",
            "service account name not authorized",
            "namespace not authorized",
            "service account unauthorized",
            "invalid role or secret ID",
            "invalid secret id",
            "missing secret_id",
            "error validating token: invalid audience (aud) claim",
            "error validating token: invalid expiration time (exp) claim",
            "error validating token",
            "error validating claims",
            "token is expired",
            "role * could not be found",
            "invalid username or password",
            "invalid certificate or no client certificate supplied",
            "no client certificate found",
            "could not load backend configuration",
            "lookup failed: service account unauthorized",
        ],
    },
    Explanation {
        code: "vault.no-login",
        meaning: "It is not said how to log in to Vault.",
        causes: &[
            NO_LOGIN,
            cause("several logins fit equally", "say which one: --auth METHOD"),
        ],
        check: &[
            "iamra config print",
            "env | grep -E '^(VAULT|BAO)_' | cut -d= -f1",
        ],
        says: &["no vault token found", "VAULT_TOKEN is not set"],
    },
    Explanation {
        code: "vault.no-jwt",
        meaning: "There is no JWT to log in with.",
        causes: &[
            cause(
                "the file, variable or command that gives it does not",
                "check --jwt-file, --jwt-env or --jwt-command; in a pod, project a token of Vault's audience",
            ),
            cause(
                "the job may not ask GitHub for one",
                "in GitHub Actions, the job needs `permissions: id-token: write`",
            ),
        ],
        check: &[
            "ls -l /var/run/secrets/kubernetes.io/serviceaccount/",
            "iamra config print",
        ],
        says: &[
            "Unable to get ACTIONS_ID_TOKEN_REQUEST_URL",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file",
        ],
    },
    Explanation {
        code: "vault.token-invalid",
        meaning: "What stands for a token is none.",
        causes: &[
            NO_TOKEN,
            cause(
                "there are line breaks or blanks inside",
                "write the token alone into the file or variable",
            ),
        ],
        check: &["iamra config print"],
        says: &["invalid header field value for \"X-Vault-Token\""],
    },
    Explanation {
        code: "vault.mfa-required",
        meaning: "The login asks for a second factor, which a workload has not.",
        causes: &[cause(
            "a login enforcement covers this auth mount",
            "use a login that is exempt from multi-factor authentication",
        )],
        check: &["vault list identity/mfa/login-enforcement"],
        says: &[
            "mfa_requirement",
            "A login request was issued that is subject to MFA validation",
        ],
    },
    Explanation {
        code: "vault.wrapping-token",
        meaning: "The wrapping token was used before, or is of somebody else's making.",
        causes: &[
            cause(
                "it was unwrapped before",
                "if it has not expired, and none of yours has unwrapped it, somebody else has: treat what was inside as stolen, revoke it, and have a new one delivered",
            ),
            cause(
                "it was not made where it should have been",
                "nothing was unwrapped; find out who has put it there, and treat what should have been inside as stolen",
            ),
        ],
        check: &["vault write sys/wrapping/lookup token=@FILE"],
        says: &["wrapping token is not valid or does not exist"],
    },
    Explanation {
        code: "vault.unwrap-lost",
        meaning: "A wrapping token was sent, and the answer did not come.",
        causes: &[cause(
            "the connection broke while Vault answered",
            "have a new one delivered, and revoke what was inside, where that is possible: who answered instead of Vault may have it",
        )],
        check: &["iamra doctor"],
        says: &[],
    },
    Explanation {
        code: "vault.not-inline",
        meaning: "The login cannot travel with the request for the certificate.",
        causes: &[
            cause(
                "only OpenBao 2.4 and later do that",
                "log in without --inline-auth: Vault does not know it",
            ),
            cause(
                "the PKI role leases its certificates",
                "set generate_lease=false in the PKI role, or log in without inline authentication",
            ),
            cause(
                "the login is too large for a header",
                "log in without inline authentication: the login then travels in a body",
            ),
        ],
        check: &["vault status"],
        says: &["X-Vault-Inline-Auth-Failed"],
    },
    Explanation {
        code: "vault.role-missing",
        meaning: "The PKI mount has no role of that name.",
        causes: &[cause(
            "the role is called otherwise, or stands in another mount",
            "name it with --pki-role (VAULT_CERT_NAME); its default is the common name; iamra setup vault prints how to make it",
        )],
        check: &["vault list pki-aws/roles", "iamra config print"],
        says: &["unknown role:"],
    },
    Explanation {
        code: "vault.mount-missing",
        meaning: "Nothing is mounted at that path.",
        causes: &[cause(
            "mount or namespace are others",
            "check --pki-mount, --auth-mount and --vault-namespace",
        )],
        check: &["vault secrets list", "vault auth list"],
        says: &[
            "no handler for route",
            "route entry not found",
            "unsupported path",
            "unsupported operation",
        ],
    },
    Explanation {
        code: "vault.namespace-missing",
        meaning: "Vault has no such namespace.",
        causes: &[cause(
            "the name is mistyped, or is relative to another namespace",
            "check the namespace: --vault-namespace, and --vault-auth-namespace or --vault-pki-namespace where they differ",
        )],
        check: &["vault namespace list"],
        says: &["namespace not found", "no namespace"],
    },
    Explanation {
        code: "vault.issuer-missing",
        meaning: "The PKI mount has no issuer of that name.",
        causes: &[cause(
            "the issuer was renamed or removed, or the mount has no CA yet",
            "check the issuer, or leave it out for the role's own",
        )],
        check: &["vault list pki-aws/issuers"],
        says: &[
            "unable to find PKI issuer for reference",
            "no default issuer currently configured",
        ],
    },
    Explanation {
        code: "vault.key-refused",
        meaning: "The PKI role wants another kind of key.",
        causes: &[cause(
            "the role's key_type or key_bits are others than our key's",
            "choose the key type that the role wants (--key-type), or change the role's key_type and key_bits",
        )],
        check: &["vault read pki-aws/roles/ROLE"],
        says: &[
            "role requires keys of type",
            "role requires a minimum of",
            "role key type \"any\" not allowed for issuing certificates",
        ],
    },
    Explanation {
        code: "vault.name-not-allowed",
        meaning: "The PKI role does not sign that name.",
        causes: &[
            cause(
                "the common name or a SAN is not among the role's names",
                "allow the name in the role: allowed_domains with allow_bare_domains or allow_subdomains, allow_ip_sans, allowed_uri_sans",
            ),
            cause(
                "another role is asked than is meant: its default is the common name",
                "name it with --pki-role",
            ),
        ],
        check: &["vault read pki-aws/roles/ROLE", "iamra config print"],
        says: &[
            "common name * not allowed by this role",
            "subject alternate name * not allowed by this role",
            "not allowed by this role",
            "the common_name field is required",
            "URI Subject Alternative Names were provided via the API which are not valid",
        ],
    },
    Explanation {
        code: "vault.ca-expires-first",
        meaning: "The certificate would outlive the CA that signs it.",
        causes: &[cause(
            "the CA ends soon",
            "ask for a shorter --ttl, renew the CA, or set the issuer's leaf_not_after_behavior to truncate",
        )],
        check: &[
            "iamra cert trust-anchor",
            "vault read pki-aws/issuer/default",
        ],
        says: &[
            "beyond the expiration of the CA certificate",
            "cannot satisfy request, as TTL would result in notAfter",
        ],
    },
];
