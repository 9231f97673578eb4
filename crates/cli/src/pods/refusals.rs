//! What a pod is told where it gets no credentials: the statuses of the EKS
//! agent, and why, as far as it is the pod's own matter.

use std::time::Duration;

use credential_server::Refusal;
use pod_identity::{ServiceAccount, TokenFault};
use refresh::{Fault as _, FaultKind};

use super::brokers;
use crate::failure::Failure;

/// The token is not taken.
pub(super) fn token(fault: &TokenFault) -> Refusal {
    Refusal::Invalid {
        message: fault.to_string(),
    }
}

/// Nobody has given the account a role.
pub(super) fn no_role(account: &ServiceAccount, domain: &str) -> Refusal {
    Refusal::NoRole {
        message: format!(
            "No role is associated with the service account {account}: it has no annotation \
             {domain}/role-arn with the ARN of a role"
        ),
    }
}

/// Something failed. What cannot be helped from within the pod is told by its
/// code alone; the rest is in our log.
pub(super) fn failure(failure: &Failure) -> Refusal {
    let code = failure.code();
    if code == "aws.throttled" {
        let retry_after = failure.retry_after().unwrap_or(A_MOMENT);
        return Refusal::Throttled { retry_after };
    }
    // A broker has said it in these words already.
    if code == brokers::REFUSED {
        let message = failure.message();
        return match failure.fault() {
            FaultKind::Denied => Refusal::Denied { message },
            // It is at it, as a rule: the quota lets one account after the other go.
            _ => Refusal::Unavailable {
                message,
                retry_after: failure.retry_after().unwrap_or(A_MOMENT),
            },
        };
    }
    match failure.fault() {
        FaultKind::Denied | FaultKind::Configuration | FaultKind::Unfit => Refusal::Denied {
            message: format!("Access Denied. {failure} ({code})"),
        },
        _ => unavailable(format!("No valid credentials are at hand: {code}")),
    }
}

/// It may be there in a moment.
pub(super) fn unavailable(message: impl Into<String>) -> Refusal {
    Refusal::Unavailable {
        message: message.into(),
        retry_after: A_MOMENT,
    }
}

const A_MOMENT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_for_a_broker_comes_back_as_soon_as_it_asks_for() {
        let refused = Failure::new(brokers::REFUSED, FaultKind::Unavailable, "not yet");
        let second = Duration::from_secs(1);
        for (failure, expected) in [
            (refused, A_MOMENT),
            (
                Failure::new(brokers::REFUSED, FaultKind::Unavailable, "not yet")
                    .with_retry_after(Some(second)),
                second,
            ),
            (
                Failure::new("vault.sealed", FaultKind::Unavailable, "sealed")
                    .with_retry_after(Some(second)),
                A_MOMENT,
            ),
        ] {
            match super::failure(&failure) {
                Refusal::Unavailable { retry_after, .. } => assert_eq!(retry_after, expected),
                other => panic!("{other:?}"),
            }
        }
    }
}
