use crate::Operation;

/// What a path asks for, for the log and the faults.
pub(crate) fn operation(path: &str) -> Operation {
    let segments: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    let has = |name: &str| segments.contains(&name);
    match () {
        () if path.starts_with(crate::github::PATH) => Operation::IdToken,
        () if has("auth") && has("login") => Operation::VaultLogin,
        () if has("auth") && has("lookup-self") => Operation::VaultLookup,
        () if has("auth") && has("renew-self") => Operation::VaultRenew,
        () if has("auth") && has("token") => Operation::VaultToken,
        () if has("sys") && has("wrapping") => Operation::VaultUnwrap,
        () if has("sys") || has("auth") => Operation::VaultOther,
        () if has("sign") || has("sign-verbatim") => Operation::VaultSign,
        () if has("issue") => Operation::VaultIssue,
        () if has("revoke") || has("revoke-with-key") => Operation::VaultRevoke,
        () if segments.iter().any(|part| part.starts_with("pki")) => Operation::VaultRead,
        () => Operation::VaultOther,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_by_path() {
        for (path, expected) in [
            ("/v1/auth/kubernetes/login", Operation::VaultLogin),
            ("/v1/team1/auth/userpass/login/x", Operation::VaultLogin),
            ("/v1/auth/token/lookup-self", Operation::VaultLookup),
            ("/v1/auth/token/renew-self", Operation::VaultRenew),
            ("/v1/auth/token/revoke-self", Operation::VaultToken),
            ("/v1/sys/wrapping/unwrap", Operation::VaultUnwrap),
            ("/v1/auth/approle/role/iamra/role-id", Operation::VaultOther),
            ("/v1/pki-aws/sign/iamra", Operation::VaultSign),
            ("/v1/pki-aws/sign-verbatim", Operation::VaultSign),
            (
                "/v1/pki-aws/issuer/default/sign/iamra",
                Operation::VaultSign,
            ),
            ("/v1/pki-aws/issue/iamra", Operation::VaultIssue),
            ("/v1/pki-aws/revoke-with-key", Operation::VaultRevoke),
            ("/v1/pki-aws/cert/ca_chain", Operation::VaultRead),
            ("/v1/sys/health", Operation::VaultOther),
            ("/github/id-token", Operation::IdToken),
            ("/", Operation::VaultOther),
        ] {
            assert_eq!(operation(path), expected, "{path}");
        }
    }
}
