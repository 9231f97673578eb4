use std::fmt;

/// One call of Vault's API, as errors and logs name it. Holds nothing secret.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Call {
    /// What it is for.
    pub operation: Operation,
    /// Its path after `/v1/`, as a policy names it.
    pub path: String,
    /// Where Vault is.
    pub address: String,
    /// The namespace that it goes to.
    pub namespace: Option<String>,
}

/// What a call is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// A login.
    Login,
    /// To have a certificate signed for a key of ours.
    Sign,
    /// To have a key made and certified.
    Issue,
    /// To have a certificate signed as the request says, whatever the role.
    SignVerbatim,
    /// To revoke a certificate by its serial number or by itself.
    Revoke,
    /// To revoke a certificate with the proof that its key is ours.
    RevokeWithKey,
    /// To unwrap a wrapped token.
    Unwrap,
    /// To ask what a wrapping token wraps.
    LookupWrapping,
    /// To ask what our token is.
    LookupSelf,
    /// To renew our token.
    RenewSelf,
    /// To revoke our token.
    RevokeSelf,
    /// To read a role.
    ReadRole,
    /// To list the roles of a mount.
    ListRoles,
    /// To read an issuer, which needs no token.
    ReadIssuer,
    /// To list the issuers of a mount, which needs no token.
    ListIssuers,
    /// To ask for a mount's ACME directory, which needs no token.
    AcmeDirectory,
    /// To ask for Vault's health.
    Health,
}

impl Operation {
    /// Whether Vault wants a token for it.
    pub(crate) fn needs_token(self) -> bool {
        !matches!(
            self,
            Self::Login
                | Self::LookupWrapping
                | Self::ReadIssuer
                | Self::ListIssuers
                | Self::AcmeDirectory
                | Self::Health
        )
    }

    /// Whether it revokes a certificate.
    pub(crate) fn is_revocation(self) -> bool {
        matches!(self, Self::Revoke | Self::RevokeWithKey)
    }

    /// The capability that a policy must give for it.
    pub fn capability(self) -> &'static str {
        match self {
            Self::LookupSelf
            | Self::ReadRole
            | Self::ReadIssuer
            | Self::AcmeDirectory
            | Self::Health => "read",
            Self::ListRoles | Self::ListIssuers => "list",
            Self::Login
            | Self::Sign
            | Self::Issue
            | Self::SignVerbatim
            | Self::Revoke
            | Self::RevokeWithKey
            | Self::Unwrap
            | Self::LookupWrapping
            | Self::RenewSelf
            | Self::RevokeSelf => "update",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Login => "login",
            Self::Sign => "sign",
            Self::Issue => "issue",
            Self::SignVerbatim => "sign-verbatim",
            Self::Revoke => "revoke",
            Self::RevokeWithKey => "revoke-with-key",
            Self::Unwrap => "unwrap",
            Self::LookupWrapping => "wrapping lookup",
            Self::LookupSelf => "token lookup",
            Self::RenewSelf => "token renewal",
            Self::RevokeSelf => "token revocation",
            Self::ReadRole => "role lookup",
            Self::ListRoles => "list of roles",
            Self::ReadIssuer => "issuer lookup",
            Self::ListIssuers => "list of issuers",
            Self::AcmeDirectory => "ACME directory",
            Self::Health => "health check",
        })
    }
}

/// `sign at https://vault:8200 (pki-aws/sign/app, namespace team1)`.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {} ({}", self.operation, self.address, self.path)?;
        if let Some(namespace) = &self.namespace {
            write!(f, ", namespace {namespace}")?;
        }
        f.write_str(")")
    }
}
