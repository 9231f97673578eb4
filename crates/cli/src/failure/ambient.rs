//! Failures of who looks for credentials that are around already.

use refresh::{Fault as _, FaultKind};
use rolesanywhere::{Error, RoleArn};

use super::Failure;
use crate::explanation::ambient as explanation;

/// Nothing was found; each place, and why it is not that.
pub(crate) fn none(looked: &[(&str, String)]) -> Failure {
    let places = looked.iter().map(|(place, why)| format!("{place}: {why}"));
    let places: Vec<String> = places.collect();
    let message = format!("there are no AWS credentials here; {}", places.join("; "));
    Failure::configuration("ambient.none", message).with_hint(explanation::NONE.fix)
}

/// What we were told is no source of credentials.
pub(crate) fn invalid(message: impl Into<String>) -> Failure {
    Failure::configuration("ambient.invalid", message)
}

/// Whoever has credentials gives us none.
pub(crate) fn denied(message: impl Into<String>) -> Failure {
    Failure::new("ambient.denied", FaultKind::Denied, message.into())
}

/// Whoever has credentials does not answer as they should.
pub(crate) fn unavailable(message: impl Into<String>) -> Failure {
    Failure::new(
        "ambient.unavailable",
        FaultKind::Unavailable,
        message.into(),
    )
}

/// They are there, and no longer of use.
pub(crate) fn expired(origin: &str, since: &str) -> Failure {
    let message = format!("the credentials of {origin} have expired at {since}");
    Failure::new("ambient.expired", FaultKind::Denied, message).with_hint(explanation::EXPIRED.fix)
}

/// STS did not give `role` to who holds credentials.
pub(crate) fn not_assumed(error: Error, role: &RoleArn) -> Failure {
    let hint = match code(&error) {
        Some("ExpiredToken") => "the credentials that it is assumed with have expired".to_owned(),
        Some("InvalidClientTokenId" | "UnrecognizedClientException") => {
            "the credentials that it is assumed with are of another partition, or no longer valid"
                .to_owned()
        }
        _ => format!(
            "the trust policy of {role} must name who assumes it for sts:AssumeRole, where it asks \
             for an sts:ExternalId the profile's external_id, and a policy of theirs must allow it"
        ),
    };
    of_sts(error, role, hint)
}

/// STS did not give `role` to who holds a token.
pub(crate) fn not_assumed_by_token(error: Error, role: &RoleArn) -> Failure {
    let hint = match code(&error) {
        Some("ExpiredTokenException") => {
            "the token in the file has expired; whoever writes it must replace it".to_owned()
        }
        Some("InvalidIdentityToken") => "the role's account needs an IAM OIDC provider of the \
             token's issuer, with the token's audience: sts.amazonaws.com, as a rule"
            .to_owned(),
        _ => format!(
            "the trust policy of {role} must allow sts:AssumeRoleWithWebIdentity to the token's \
             issuer, subject and audience"
        ),
    };
    of_sts(error, role, hint)
}

/// Only what is a refusal is about the role; everything else has a code and a
/// hint of its own.
fn of_sts(error: Error, role: &RoleArn, hint: String) -> Failure {
    let refused = match error.fault() {
        FaultKind::Denied => Some("ambient.denied"),
        FaultKind::Unavailable => Some("ambient.unavailable"),
        _ => None,
    };
    let refused = refused.filter(|_| matches!(error, Error::Refused { .. }));
    let mut failure = Failure::from(error).about(&role.to_string());
    if let Some(code) = refused {
        failure.code = code;
    }
    if failure.code == "ambient.denied" {
        return failure.with_hint(hint);
    }
    failure
}

fn code(error: &Error) -> Option<&str> {
    error.refusal().map(|refusal| refusal.code.as_str())
}
