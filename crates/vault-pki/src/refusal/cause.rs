use http::StatusCode;
use refresh::FaultKind;

use crate::{KeyDemand, Operation};

/// What a refusal of Vault means, as far as its status and texts say.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RefusalCause {
    /// 403: the token is absent, expired, revoked, used up or foreign; or the
    /// path does not exist.
    BadToken,
    /// 403: no token was sent, and nobody on the way has added one.
    NoToken,
    /// 403: a login was sent along, and nobody has looked at it: Vault does not
    /// know inline authentication.
    InlineIgnored,
    /// 403: the token is good, and its policies do not allow the path. Told
    /// apart from the former by the form of the text, which is a heuristic.
    PolicyDenied,
    /// 403 or 400 with a reason of its own: audience, claim, `secret_id`,
    /// password, client certificate.
    LoginDenied,
    /// 400: the auth method does not know the role.
    LoginRoleMissing,
    /// 400: the PKI mount does not know the role.
    RoleMissing,
    /// 404: nothing is mounted there, in that namespace.
    MountMissing,
    /// 404: there is no such namespace.
    NamespaceMissing,
    /// 404 or 405: the mount does not know that path.
    PathUnsupported,
    /// 500: the mount has no such issuer.
    IssuerMissing,
    /// 400: the role wants another kind of key.
    KeyRefused {
        /// What it wants.
        demand: KeyDemand,
    },
    /// 400: the role takes any key, and `issue` must say which.
    KeyTypeRequired,
    /// 400: the role does not allow a name.
    NameNotAllowed,
    /// 400: the role wants a common name.
    CommonNameRequired,
    /// 400: the CA expires before the certificate would.
    CaExpiresFirst {
        /// When the CA expires, as Vault writes it.
        ca_not_after: String,
    },
    /// 400: a wrapping token was used before, or has expired. Whoever used it
    /// has the secret: a security event.
    WrappingTokenSpent,
    /// 400: the token cannot be renewed, now or ever.
    NotRenewable,
    /// 400: the certificate that is to be revoked is not known to the mount.
    CertificateUnknown,
    /// 400 or 500: the key is not that of the certificate that is to be revoked.
    KeyMismatch,
    /// 500: the role hangs certificates on the lease of a token, and there is
    /// none with inline authentication.
    LeaseImpossible,
    /// 400, for another reason.
    Rejected,
    /// 412: a standby has not heard of the token or the change yet.
    NotReplicated,
    /// 429: a quota is used up.
    RateLimited,
    /// 503: Vault is sealed.
    Sealed,
    /// 503: no node is active.
    NoActiveNode,
    /// 500: a misconfiguration, or a bug.
    Internal,
    /// 501: Vault is not initialised.
    NotInitialised,
    /// Another status of 500 and above.
    Unavailable,
    /// Any other status.
    Other,
}

impl RefusalCause {
    /// What kind of fault it is.
    pub fn fault(&self) -> FaultKind {
        match self {
            Self::NotReplicated
            | Self::RateLimited
            | Self::Sealed
            | Self::NoActiveNode
            | Self::Internal
            | Self::NotInitialised
            | Self::Unavailable => FaultKind::Unavailable,
            Self::Other => FaultKind::Failed,
            _ => FaultKind::Denied,
        }
    }

    /// The same, without what `redacted` takes out of the server's own words.
    pub(super) fn redacted(self, redacted: impl Fn(&str) -> String) -> Self {
        match self {
            Self::KeyRefused {
                demand: KeyDemand::Other(wanted),
            } => Self::KeyRefused {
                demand: KeyDemand::Other(redacted(&wanted)),
            },
            Self::CaExpiresFirst { ca_not_after } => Self::CaExpiresFirst {
                ca_not_after: redacted(&ca_not_after),
            },
            other => other,
        }
    }

    /// How many attempts are worth it: a 500 is as often a misconfiguration as
    /// a hiccup.
    pub(crate) fn attempts(&self) -> u32 {
        match self {
            Self::Internal => 2,
            Self::NotInitialised => 1,
            _ if self.fault().is_transient() => u32::MAX,
            _ => 1,
        }
    }
}

/// Whether a text is a part of what Vault and `OpenBao` are known to say.
pub(crate) fn is_said_by_vault(text: &str) -> bool {
    let rejections = REJECTIONS.iter().map(|(part, _)| *part);
    rejections
        .chain(OTHER_PHRASES)
        .any(|phrase| phrase.contains(text))
}

/// Decides by status first, then by what Vault and OpenBao are known to say.
pub(super) fn classify(
    operation: Operation,
    status: StatusCode,
    text: &str,
    framed: bool,
) -> RefusalCause {
    match status.as_u16() {
        400 if operation.is_revocation() && is_unknown(text) => RefusalCause::CertificateUnknown,
        400 => rejected(text),
        403 if text == "permission denied" && framed => RefusalCause::PolicyDenied,
        403 if text == "permission denied" || text.is_empty() => RefusalCause::BadToken,
        403 => RefusalCause::LoginDenied,
        404 if text.contains("no handler for route") => RefusalCause::MountMissing,
        404 if text.contains("namespace not found") => RefusalCause::NamespaceMissing,
        404 if text.is_empty() => RefusalCause::RoleMissing,
        404 | 405 => RefusalCause::PathUnsupported,
        412 => RefusalCause::NotReplicated,
        429 => RefusalCause::RateLimited,
        500 => internal(text),
        501 => RefusalCause::NotInitialised,
        503 if text.contains("is sealed") => RefusalCause::Sealed,
        503 if text.contains("not active") || text.contains("no active") => {
            RefusalCause::NoActiveNode
        }
        502..=599 => RefusalCause::Unavailable,
        _ => RefusalCause::Other,
    }
}

/// Of a certificate. Of anything else, the same words mean something else.
fn is_unknown(text: &str) -> bool {
    UNKNOWN.iter().any(|part| text.contains(part))
}

fn rejected(text: &str) -> RefusalCause {
    if let Some((_, ca_not_after)) = text.split_once(CA_EXPIRATION) {
        let ca_not_after = ca_not_after.split_whitespace().next();
        return RefusalCause::CaExpiresFirst {
            ca_not_after: ca_not_after.unwrap_or_default().to_owned(),
        };
    }
    if let Some(demand) = key_demand(text) {
        return RefusalCause::KeyRefused { demand };
    }
    REJECTIONS
        .iter()
        .find(|(part, _)| text.contains(part))
        .map_or(RefusalCause::Rejected, |(_, cause)| cause.clone())
}

fn internal(text: &str) -> RefusalCause {
    if text.contains("unable to find PKI issuer") {
        return RefusalCause::IssuerMissing;
    }
    if text.contains(OTHER_KEY) {
        return RefusalCause::KeyMismatch;
    }
    if text.contains("cannot generate leases") {
        return RefusalCause::LeaseImpossible;
    }
    RefusalCause::Internal
}

fn key_demand(text: &str) -> Option<KeyDemand> {
    if let Some((_, wanted)) = text.split_once("role requires keys of type ") {
        return Some(match wanted.split_whitespace().next()? {
            "rsa" => KeyDemand::Rsa,
            "ec" => KeyDemand::Ec,
            other => KeyDemand::Other(other.to_owned()),
        });
    }
    let (_, wanted) = text.split_once("role requires a minimum of a ")?;
    let bits = wanted.split('-').next()?.parse().ok()?;
    Some(KeyDemand::Bits(bits))
}

const UNKNOWN: [&str; 2] = ["not found", "from any present issuer"];

const CA_EXPIRATION: &str = "beyond the expiration of the CA certificate at ";

const OTHER_KEY: &str = "does not match certificate's public key";

/// What Vault and `OpenBao` are known to say with a 400.
const REJECTIONS: [(&str, RefusalCause); 23] = [
    ("unknown role: ", RefusalCause::RoleMissing),
    ("invalid role name ", RefusalCause::LoginRoleMissing),
    ("could not be found", RefusalCause::LoginRoleMissing),
    ("missing role", RefusalCause::LoginRoleMissing),
    ("error validating token: ", RefusalCause::LoginDenied),
    ("error validating claims: ", RefusalCause::LoginDenied),
    ("no audiences bound to the role", RefusalCause::LoginDenied),
    ("invalid role or secret ID", RefusalCause::LoginDenied),
    ("invalid role_id", RefusalCause::LoginDenied),
    ("invalid secret_id", RefusalCause::LoginDenied),
    ("invalid secret id", RefusalCause::LoginDenied),
    ("missing secret_id", RefusalCause::LoginDenied),
    ("invalid username or password", RefusalCause::LoginDenied),
    (
        "invalid certificate or no client certificate",
        RefusalCause::LoginDenied,
    ),
    ("no client certificate found", RefusalCause::LoginDenied),
    (
        "common_name field is required",
        RefusalCause::CommonNameRequired,
    ),
    ("without providing key_type", RefusalCause::KeyTypeRequired),
    ("not allowed by this role", RefusalCause::NameNotAllowed),
    ("not valid for this role", RefusalCause::NameNotAllowed),
    (
        "wrapping token is not valid",
        RefusalCause::WrappingTokenSpent,
    ),
    ("is not renewable", RefusalCause::NotRenewable),
    ("cannot be renewed", RefusalCause::NotRenewable),
    (OTHER_KEY, RefusalCause::KeyMismatch),
];

/// What else they are known to say.
const OTHER_PHRASES: [&str; 19] = [
    "permission denied",
    "errors occurred:",
    "no handler for route",
    "unsupported operation",
    "unsupported path",
    "namespace not found",
    "missing client token",
    "Vault is sealed",
    "OpenBao is sealed",
    "rate limit quota exceeded",
    "internal error",
    "unable to find PKI issuer for reference",
    "cannot generate leases",
    "invalid audience (aud) claim",
    "invalid expiration time (exp) claim",
    "invalid issuer (iss) claim",
    "invalid subject (sub) claim",
    CA_EXPIRATION,
    "role requires keys of type ",
];

#[cfg(test)]
mod tests;
