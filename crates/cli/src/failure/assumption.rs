use rolesanywhere::{Error, RefusalCause, RoleArn};

use super::Failure;
use crate::explanation::sts;

/// The failure of who wanted to assume `role` with a session of `from`.
pub(crate) fn assumption(error: Error, from: &RoleArn, role: &RoleArn) -> Failure {
    let hint = hint(&error, from, role);
    let failure = Failure::from(error).about(&role.to_string());
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

fn hint(error: &Error, from: &RoleArn, role: &RoleArn) -> Option<String> {
    let cause = error.refusal()?.cause()?;
    let hint = hint_of_request(cause).map(str::to_owned);
    hint.or_else(|| hint_of_roles(cause, from, role))
}

/// What to change of what we ask for.
fn hint_of_request(cause: RefusalCause) -> Option<&'static str> {
    let cause = match cause {
        RefusalCause::DurationTooLong => sts::CHAINED_DURATION,
        RefusalCause::ChainedDurationTooLong => sts::CHAINED_HOUR,
        RefusalCause::TagSetBefore => sts::TAG_SET,
        RefusalCause::PolicyMalformed => sts::POLICY,
        RefusalCause::PolicyTooLarge => sts::POLICY_SIZE,
        _ => return None,
    };
    Some(cause.fix)
}

/// What to change in the account.
fn hint_of_roles(cause: RefusalCause, from: &RoleArn, role: &RoleArn) -> Option<String> {
    Some(match cause {
        RefusalCause::TaggingDenied => format!(
            "the trust policy of {role} must allow {from} sts:TagSession, too, and so must a \
             policy of {from}"
        ),
        RefusalCause::SourceIdentityDenied => format!(
            "the trust policy of {role} must allow {from} sts:SetSourceIdentity, too, and so must \
             a policy of {from}: the session carries the certificate's name"
        ),
        RefusalCause::RegionDisabled => {
            let account = role.arn().account.as_ref();
            let account = account.map_or("the role's account", |account| account.as_str());
            format!("activate STS in that region for account {account}")
        }
        RefusalCause::RoleNotAssumable => format!(
            "the trust policy of {role} must name {from} (or its account) for sts:AssumeRole and \
             sts:SetSourceIdentity, and where it asks for an sts:ExternalId, --chain-external-id; \
             and a policy of {from} must allow both on it"
        ),
        _ => return None,
    })
}
