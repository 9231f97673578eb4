use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use destination::Response;
use http::Request;
use url::form_urlencoded::Serializer;

use super::query::refusal;
use super::{ManagedPolicyArn, SessionPolicy, SessionTags};
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::sender::Operation;
use crate::{EndpointUrl, Error, InvalidParameter, RoleArn, RoleSessionName, SessionDuration};

/// What a session of another role is asked for.
///
/// [`AssumeRole`](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html)
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AssumeRole {
    role: RoleArn,
    session_name: RoleSessionName,
    /// How long the session shall last; `None` is an hour.
    pub duration: Option<SessionDuration>,
    /// What the owner of the role may demand of third parties.
    pub external_id: Option<ExternalId>,
    /// Narrows what the session may do: it can do what both this and the role
    /// allow.
    pub policy: Option<SessionPolicy>,
    /// Managed policies of the role's account that narrow the session, too; at
    /// most ten.
    pub policy_arns: Vec<ManagedPolicyArn>,
    /// Tags of the session, which policies see as `aws:PrincipalTag`.
    pub tags: SessionTags,
}

/// What the owner of a role gave a third party to show: 2 to 1224 letters,
/// digits or `_+=,.@:/-`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExternalId(String);

impl AssumeRole {
    /// The longest session that a role's own credentials can get.
    pub const CHAINED_AT_MOST: Duration = Duration::from_hours(1);

    /// How many managed policies may narrow a session.
    pub const MAX_POLICY_ARNS: usize = 10;

    /// An hour of `role`, under a name that `CloudTrail` shows in both accounts.
    pub fn new(role: RoleArn, session_name: RoleSessionName) -> Self {
        Self {
            role,
            session_name,
            duration: None,
            external_id: None,
            policy: None,
            policy_arns: Vec::new(),
            tags: SessionTags::default(),
        }
    }

    /// The role.
    pub fn role(&self) -> &RoleArn {
        &self.role
    }

    /// The form. Lists are numbered from one.
    fn body(&self) -> Bytes {
        let mut form = Serializer::new(String::new());
        form.append_pair("Action", Assumption::NAME)
            .append_pair("Version", "2011-06-15")
            .append_pair("RoleArn", &self.role.to_string())
            .append_pair("RoleSessionName", &self.session_name.to_string());
        if let Some(duration) = self.duration {
            form.append_pair("DurationSeconds", &duration.to_string());
        }
        if let Some(id) = &self.external_id {
            form.append_pair("ExternalId", &id.0);
        }
        if let Some(policy) = &self.policy {
            form.append_pair("Policy", policy.as_str());
        }
        for (number, arn) in (1..).zip(&self.policy_arns) {
            form.append_pair(&format!("PolicyArns.member.{number}.arn"), arn.as_str());
        }
        for (number, (key, value)) in (1..).zip(self.tags.tags()) {
            form.append_pair(&format!("Tags.member.{number}.Key"), key)
                .append_pair(&format!("Tags.member.{number}.Value"), value);
        }
        for (number, key) in (1..).zip(self.tags.transitive_keys()) {
            form.append_pair(&format!("TransitiveTagKeys.member.{number}"), key);
        }
        form.finish().into()
    }
}

impl FromStr for ExternalId {
    type Err = InvalidParameter;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte);
        if (2..=1224).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidParameter::ExternalId {
                text: text.to_owned(),
            })
        }
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An [`AssumeRole`], and who asks for it.
pub(super) struct Assumption<'a> {
    pub(super) caller: Caller<'a>,
    pub(super) request: &'a AssumeRole,
}

impl Operation for Assumption<'_> {
    const NAME: &'static str = "AssumeRole";

    fn signed(&self, endpoint: &EndpointUrl, time: SystemTime) -> Result<Request<Bytes>, Error> {
        self.caller.signed_form(endpoint, self.request.body(), time)
    }

    fn refusal(&self, response: &Response) -> Option<Refusal> {
        refusal(response.status, &response.body)
    }
}

#[cfg(test)]
mod tests;
