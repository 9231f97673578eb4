use crate::Error;

/// What to do about a login that did not come about.
pub(super) fn hint(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::AmbiguousLogin { .. } => "say which one",
        Error::NoGitHubActions => "in GitHub Actions, the job needs `permissions: id-token: write`",
        Error::NoJwt { origin, .. } if origin.contains("GitHub") => {
            "check that the job has `permissions: id-token: write`, and GitHub's status"
        }
        Error::NotInline { .. } => {
            "log in by kubernetes, jwt, approle, cert or userpass, or without inline authentication"
        }
        Error::LoginTooLarge { .. } => {
            "log in without inline authentication: the login then travels in a body"
        }
        Error::WrappingTokenSpent { .. } => {
            "if it has not expired, and none of yours has unwrapped it, somebody else has: treat \
             what was inside as stolen, revoke it, and have a new one delivered"
        }
        Error::UnwrapLost { .. } => {
            "have a new one delivered, and revoke what was inside, where that is possible: who \
             answered instead of Vault may have it"
        }
        Error::ForeignWrappingToken { .. } => {
            "nothing was unwrapped; find out who has put it there, and treat what should have \
             been inside as stolen"
        }
        Error::MfaRequired { .. } => "use a login that is exempt from multi-factor authentication",
        _ => return None,
    })
}

/// What to compare, by what Vault says of the login.
pub(super) fn denied(messages: &[String]) -> &'static str {
    let said = |part: &str| messages.iter().any(|text| text.contains(part));
    REASONS
        .iter()
        .find(|(part, _)| said(part))
        .map_or(KUBERNETES, |(_, hint)| hint)
}

const KUBERNETES: &str = "compare audience, namespace and service account with the auth role";

/// The first that fits counts.
const REASONS: [(&str, &str); 12] = [
    (
        "error validating token: invalid audience",
        "compare the JWT's audience (aud) with the auth role's bound_audiences",
    ),
    (
        "no audiences bound",
        "set the auth role's bound_audiences to the JWT's audience (aud)",
    ),
    (
        "error validating token: invalid expiration",
        "have a new JWT made; where it is new, compare the clocks",
    ),
    (
        "error validating token: invalid issuer",
        "compare the JWT's issuer (iss) with the auth mount's bound_issuer",
    ),
    (
        "error validating token: invalid subject",
        "compare the JWT's subject (sub) with the auth role's bound_subject",
    ),
    (
        "error validating token",
        "check that it is a JWT of the issuer whose keys the auth mount knows \
         (oidc_discovery_url, jwks_url or jwt_validation_pubkeys)",
    ),
    (
        "error validating claims",
        "compare the JWT's claims with the auth role's bound_claims",
    ),
    (
        "missing secret_id",
        "the AppRole wants a secret_id (bind_secret_id): give one",
    ),
    (
        "role or secret ID",
        "check the role_id; a secret_id may have expired, or be used up \
         (secret_id_ttl, secret_id_num_uses): have a new one made",
    ),
    ("secret", "have a new secret_id made"),
    (
        "username or password",
        "check name and password, and the mount of the auth method",
    ),
    (
        "client certificate",
        "show a client certificate of the CA that the auth role names (certificate, \
         allowed_common_names), at a listener of Vault that asks for one, not at a proxy that \
         ends TLS; and check the auth role's name, which VAULT_ROLE gives, too",
    ),
];
