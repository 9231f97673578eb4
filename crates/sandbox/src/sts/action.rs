use std::time::{Duration, SystemTime};

use super::answer::{error_answer, identity_answer};
use super::assume_role::assume_role;
use super::refusal::StsRefusal;
use super::sessions::NewSession;
use super::web_identity::assume_role_with_web_identity;
use super::{AssumableRole, SessionCredentials, Sessions};
use crate::answer::Answer;
use crate::jwt::JwtKey;
use crate::random::Random;
use crate::request::form_parameters;
use crate::sigv4::{Expected, authenticate};
use crate::timestamp::end;
use crate::{Operation, RequestParts};

const VERSION: &str = "2011-06-15";

/// What STS is asked for.
pub(crate) fn operation(request: &RequestParts) -> Operation {
    match Form::of(request).value("Action") {
        Some("AssumeRole") => Operation::AssumeRole,
        Some("AssumeRoleWithWebIdentity") => Operation::AssumeRoleWithWebIdentity,
        _ => Operation::CallerIdentity,
    }
}

/// Where and when a request came in, and under which id it is answered.
#[derive(Clone, Copy)]
pub(crate) struct Reception<'a> {
    pub(crate) now: SystemTime,
    pub(crate) region: &'a str,
    pub(crate) request_id: &'a str,
}

/// STS, and what it knows.
#[derive(Clone, Copy)]
pub(crate) struct Sts<'a> {
    pub(crate) sessions: &'a Sessions,
    pub(crate) roles: &'a [AssumableRole],
    /// Who signs web identities.
    pub(crate) identity_provider: &'a JwtKey,
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
        let action = Action::of(&form)?;
        if matches!(action, Action::AssumeRoleWithWebIdentity) {
            let (answer, issued) = assume_role_with_web_identity(&form, self, reception)?;
            return Ok((answer, Some(issued)));
        }
        let expected = Expected {
            now: reception.now,
            service: "sts",
            region: Some(reception.region),
        };
        let caller = authenticate(request, self.sessions, expected)?.credentials;
        if matches!(action, Action::AssumeRole) {
            let (answer, issued) = assume_role(&form, &caller, self, reception)?;
            Ok((answer, Some(issued)))
        } else {
            Ok((identity_answer(&caller, reception.request_id), None))
        }
    }

    /// Makes credentials for a session that was granted.
    pub(super) fn open(
        self,
        session: &NewSession,
        seconds: u64,
        now: SystemTime,
    ) -> SessionCredentials {
        let expiration = end(now + Duration::from_secs(seconds), now, self.expired);
        self.sessions.open(session, expiration, self.random)
    }
}

enum Action {
    GetCallerIdentity,
    AssumeRole,
    AssumeRoleWithWebIdentity,
}

impl Action {
    fn of(form: &Form) -> Result<Self, StsRefusal> {
        let version = form.value("Version").unwrap_or_default();
        match form.value("Action").unwrap_or_default() {
            "" => Err(StsRefusal::bad_request(
                "MissingAction",
                "The request must contain the parameter Action",
            )),
            "GetCallerIdentity" if version == VERSION => Ok(Self::GetCallerIdentity),
            "AssumeRole" if version == VERSION => Ok(Self::AssumeRole),
            "AssumeRoleWithWebIdentity" if version == VERSION => {
                Ok(Self::AssumeRoleWithWebIdentity)
            }
            action => Err(StsRefusal::bad_request(
                "InvalidAction",
                format!("Could not find operation {action} for version {version}"),
            )),
        }
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
