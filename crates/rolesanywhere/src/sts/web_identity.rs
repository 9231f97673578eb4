use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use destination::Response;
use http::Request;
use secrecy::{ExposeSecret as _, SecretString};
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use super::query::{refusal, unsigned};
use crate::refusal::Refusal;
use crate::sender::Operation;
use crate::{EndpointUrl, Error, RoleArn, RoleSessionName, SessionDuration, SigningError};

/// What a session is asked for with a token of an identity provider: that of a
/// Kubernetes service account, say.
///
/// [`AssumeRoleWithWebIdentity`](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html)
#[derive(Clone)]
pub struct AssumeRoleWithWebIdentity {
    role: RoleArn,
    session_name: RoleSessionName,
    token: SecretString,
    /// How long the session shall last; `None` is an hour.
    pub duration: Option<SessionDuration>,
}

impl AssumeRoleWithWebIdentity {
    /// An hour of `role`, which may be of any account, for the holder of
    /// `token`, under a name that `CloudTrail` shows.
    pub fn new(role: RoleArn, session_name: RoleSessionName, token: SecretString) -> Self {
        Self {
            role,
            session_name,
            token,
            duration: None,
        }
    }

    /// The role.
    pub fn role(&self) -> &RoleArn {
        &self.role
    }

    /// The form, in memory that is wiped and never grows: what grows leaves its
    /// old memory behind.
    fn body(&self) -> Bytes {
        let token = self.token.expose_secret();
        let mut form = Zeroizing::new(String::with_capacity(3 * token.len() + OTHERS));
        let mut pairs = Serializer::new(&mut *form);
        pairs
            .append_pair("Action", WebIdentity::NAME)
            .append_pair("Version", "2011-06-15")
            .append_pair("RoleArn", &self.role.to_string())
            .append_pair("RoleSessionName", &self.session_name.to_string());
        if let Some(duration) = self.duration {
            pairs.append_pair("DurationSeconds", &duration.to_string());
        }
        pairs.append_pair("WebIdentityToken", token);
        Bytes::from_owner(form)
    }

    /// Whether a text repeats the token, or the beginning of it.
    fn is_repeated_by(&self, text: &str) -> bool {
        let start: String = self.token.expose_secret().chars().take(START).collect();
        !start.is_empty() && text.contains(&start)
    }
}

/// Shows no part of the token.
impl fmt::Debug for AssumeRoleWithWebIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssumeRoleWithWebIdentity")
            .field("role", &self.role.to_string())
            .field("session_name", &self.session_name.to_string())
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}

/// An [`AssumeRoleWithWebIdentity`] as it is sent: nobody signs it.
pub(super) struct WebIdentity<'a>(pub(super) &'a AssumeRoleWithWebIdentity);

impl Operation for WebIdentity<'_> {
    const NAME: &'static str = "AssumeRoleWithWebIdentity";
    const IS_DATED: bool = false;

    fn signed(&self, endpoint: &EndpointUrl, _time: SystemTime) -> Result<Request<Bytes>, Error> {
        unsigned(endpoint, self.0.body())
            .ok_or_else(|| Error::Signing(SigningError::new("the endpoint is not a URI")))
    }

    /// A `ValidationError` repeats the value that it is about.
    fn refusal(&self, response: &Response) -> Option<Refusal> {
        let mut refusal = refusal(response.status, &response.body)?;
        let texts = [&refusal.code, &refusal.message];
        if texts.into_iter().any(|text| self.0.is_repeated_by(text)) {
            "ValidationError".clone_into(&mut refusal.code);
            "the message repeats the token and is not shown".clone_into(&mut refusal.message);
        }
        Some(refusal)
    }
}

/// More than all that is not the token.
const OTHERS: usize = 4096;
/// How much of a token is enough to know it again.
const START: usize = 16;

#[cfg(test)]
mod tests;
