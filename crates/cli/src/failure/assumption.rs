use rolesanywhere::{Error, RefusalCause, RoleArn};

use super::Failure;

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
    let refusal = error.refusal()?;
    let hint = match refusal.cause() {
        Some(RefusalCause::TaggingDenied) => {
            format!(
                "the trust policy of {role} must allow {from} sts:TagSession, too, and so must \
                 a policy of {from}"
            )
        }
        Some(RefusalCause::SourceIdentityDenied) => format!(
            "the trust policy of {role} must allow {from} sts:SetSourceIdentity, too, and so must \
             a policy of {from}: the session carries the certificate's name"
        ),
        Some(RefusalCause::DurationTooLong) => {
            "ask for less with --chain-session-duration, or raise the role's MaxSessionDuration"
                .to_owned()
        }
        Some(RefusalCause::ChainedDurationTooLong) => {
            "ask for at most 3600 seconds with --chain-session-duration".to_owned()
        }
        Some(RefusalCause::TagSetBefore) => {
            "leave that --session-tag out: an earlier session has set it for all that follow"
                .to_owned()
        }
        Some(RefusalCause::PolicyMalformed) => {
            "check --session-policy: it must be an IAM policy without Principal".to_owned()
        }
        Some(RefusalCause::PolicyTooLarge) => {
            "shorten --session-policy, or give fewer --session-policy-arn and --session-tag"
                .to_owned()
        }
        Some(RefusalCause::RegionDisabled) => {
            let account = role.arn().account.as_ref();
            let account = account.map_or("the role's account", |account| account.as_str());
            format!("activate STS in that region for account {account}")
        }
        Some(RefusalCause::RoleNotAssumable) => format!(
            "the trust policy of {role} must name {from} (or its account) for sts:AssumeRole and \
             sts:SetSourceIdentity, and where it asks for an sts:ExternalId, --chain-external-id; \
             and a policy of {from} must allow both on it"
        ),
        _ => return None,
    };
    Some(hint)
}
