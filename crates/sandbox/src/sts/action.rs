use super::answer::{error_answer, identity_answer};
use super::assume_role::assume_role;
use super::authentication::{Reception, authenticate};
use super::refusal::StsRefusal;
use super::{AssumableRole, SessionCredentials, Sessions};
use crate::answer::Answer;
use crate::random::Random;
use crate::request::form_parameters;
use crate::{Operation, RequestParts};

const VERSION: &str = "2011-06-15";

/// What STS is asked for.
pub(crate) fn operation(request: &RequestParts) -> Operation {
    match Form::of(request).value("Action") {
        Some("AssumeRole") => Operation::AssumeRole,
        _ => Operation::CallerIdentity,
    }
}

/// STS, and what it knows.
#[derive(Clone, Copy)]
pub(crate) struct Sts<'a> {
    pub(crate) sessions: &'a Sessions,
    pub(crate) roles: &'a [AssumableRole],
    pub(crate) random: &'a Random,
    /// Whether the credentials that are issued have expired already.
    pub(crate) expired: bool,
}

impl Sts<'_> {
    /// Answers a request, and says which credentials came into being by it.
    pub(crate) fn answer(
        self,
        request: &RequestParts,
        reception: Reception<'_>,
    ) -> (Answer, Option<SessionCredentials>) {
        match self.grant(request, reception) {
            Ok(granted) => granted,
            Err(refusal) => {
                let StsRefusal {
                    status,
                    code,
                    message,
                } = refusal;
                let answer = error_answer(status, code, &message, reception.request_id);
                (answer, None)
            }
        }
    }

    fn grant(
        self,
        request: &RequestParts,
        reception: Reception<'_>,
    ) -> Result<(Answer, Option<SessionCredentials>), StsRefusal> {
        let form = Form::of(request);
        let is_assumption = check_action(&form)?;
        let caller = authenticate(request, self.sessions, reception)?;
        if is_assumption {
            let (answer, issued) = assume_role(&form, &caller, self, reception)?;
            Ok((answer, Some(issued)))
        } else {
            Ok((identity_answer(&caller, reception.request_id), None))
        }
    }
}

/// Whether a role is to be assumed.
fn check_action(form: &Form) -> Result<bool, StsRefusal> {
    let version = form.value("Version").unwrap_or_default();
    match form.value("Action").unwrap_or_default() {
        "" => Err(StsRefusal::bad_request(
            "MissingAction",
            "The request must contain the parameter Action",
        )),
        "GetCallerIdentity" if version == VERSION => Ok(false),
        "AssumeRole" if version == VERSION => Ok(true),
        action => Err(StsRefusal::bad_request(
            "InvalidAction",
            format!("Could not find operation {action} for version {version}"),
        )),
    }
}

/// The parameters of a request, of the query and of the body.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    fn of(request: &RequestParts) -> Self {
        let mut parameters = request.query_parameters();
        if request.method == "POST" {
            parameters.extend(form_parameters(&request.body));
        }
        Self(parameters)
    }

    /// The first parameter of that name.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(other, _)| other == name);
        pair.map(|(_, value)| value.as_str())
    }

    /// `NAME.member.1`, `NAME.member.2` and so on, each with its `end`.
    pub(super) fn members(&self, name: &str, end: &str) -> Vec<&str> {
        let numbered = (1..).map(|number| self.value(&format!("{name}.member.{number}{end}")));
        numbered.map_while(|value| value).collect()
    }
}
