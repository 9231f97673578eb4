use std::convert::Infallible;

use http::StatusCode;
use pod_identity::{
    AdmissionAnswer, AdmissionRequest, AnnotationDomain, InvalidReview, PodAnnotations,
    ServiceAccount, Warning,
};
use refresh::Clock;

use super::counts::{Counts, Outcome};
use super::form::InjectedForm;
use super::roles::{Found, Roles};

/// Answers what API servers ask about pods. It changes nothing anywhere, so it
/// may be asked about what nobody means.
pub(super) struct Reviewer {
    roles: Roles,
    domain: AnnotationDomain,
    form: InjectedForm,
    counts: Counts,
}

/// No answer: what becomes of the pod is for the webhook's `failurePolicy` to say.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) why: String,
}

impl Reviewer {
    pub(super) fn new(roles: Roles, domain: AnnotationDomain, form: InjectedForm) -> Self {
        Self {
            roles,
            domain,
            form,
            counts: Counts::default(),
        }
    }

    /// What has been answered so far.
    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Follows who has a role, and what they get, for as long as this is awaited.
    pub(super) async fn keep(&self, clock: &dyn Clock) -> Infallible {
        tokio::select! {
            never = self.roles.keep(clock) => never,
            never = self.form.keep(clock) => never,
        }
    }

    /// The answer to a review, as JSON.
    pub(super) async fn review(&self, body: &[u8]) -> Result<Vec<u8>, Refused> {
        let (outcome, answer) = match AdmissionRequest::parse(body) {
            Ok(request) => self.answer(&request).await,
            Err(invalid) => (Outcome::Invalid, answer_to_invalid(&invalid)),
        };
        self.counts.count(outcome);
        answer.map(|answer| answer.to_bytes())
    }

    async fn answer(
        &self,
        request: &AdmissionRequest,
    ) -> (Outcome, Result<AdmissionAnswer, Refused>) {
        let untouched = AdmissionAnswer::allow(request);
        if !request.may_be_patched() {
            return (Outcome::Untouched, Ok(untouched));
        }
        let account = match request.service_account() {
            Ok(account) => account,
            Err(invalid) => {
                let warning = Warning::new(&invalid.to_string());
                return (Outcome::Invalid, Ok(untouched.warned([warning])));
            }
        };
        match self.roles.of(&account).await {
            Ok(found) => {
                let answer = self.injected(request, &account, found);
                let outcome = match answer.operations() {
                    [] => Outcome::Untouched,
                    _ => Outcome::Injected,
                };
                tracing::debug!(%account, pod = request.pod_name(), ?outcome, "answered");
                (outcome, Ok(answer))
            }
            Err(why) => {
                let pod = request.pod_name();
                tracing::warn!(%account, pod, "a pod's role is not known: {why}");
                (Outcome::Missed, Err(Refused::unknown(&account)))
            }
        }
    }

    fn injected(
        &self,
        request: &AdmissionRequest,
        account: &ServiceAccount,
        found: Found,
    ) -> AdmissionAnswer {
        let answer = AdmissionAnswer::allow(request).warned(found.warnings);
        if !found.has_role {
            return answer;
        }
        let (pod, warnings) = PodAnnotations::parse(&self.domain, &request.pod);
        let answer = answer.warned(warnings);
        match self.form.injection(account, &found.annotations, &pod) {
            Ok(injection) => answer.patched(injection.patch(&request.pod, &pod.skipped)),
            Err(warning) => answer.warned([warning]),
        }
    }
}

fn answer_to_invalid(invalid: &InvalidReview) -> Result<AdmissionAnswer, Refused> {
    tracing::warn!("{invalid}");
    let refused = || Refused {
        status: StatusCode::from_u16(invalid.status()).unwrap_or(StatusCode::BAD_REQUEST),
        why: invalid.to_string(),
    };
    invalid.answer().ok_or_else(refused)
}

impl Refused {
    fn unknown(account: &ServiceAccount) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            why: format!("the annotations of {account} could not be read"),
        }
    }
}

#[cfg(test)]
mod tests;
