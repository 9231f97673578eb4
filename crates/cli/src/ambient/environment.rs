use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretString};

use super::{AmbientCredentials, Facts, Outcome};
use crate::context::Context;
use crate::failure::{self, Failure};
use crate::resolved::Sourced;

/// The credentials that stand in variables.
///
/// [AWS access keys](https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html)
pub(super) struct EnvironmentSource {
    access_key_id: Option<Sourced<String>>,
    secret_access_key: Option<SecretString>,
    session_token: Option<SecretString>,
    expiration: Option<Sourced<String>>,
}

impl EnvironmentSource {
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let access_key_id = settings.sourced("aws-access-key-id")?;
        Ok(Self {
            access_key_id: access_key_id.filter(|id| !id.value.trim().is_empty()),
            secret_access_key: filled(settings.secret("aws-secret-access-key")?),
            session_token: filled(settings.secret("aws-session-token")?),
            expiration: settings.sourced("aws-credential-expiration")?,
        })
    }

    /// Half of them is a mistake, and not a reason to be somebody else.
    pub(super) fn look(&self) -> Result<Outcome, Failure> {
        let Some(access_key_id) = &self.access_key_id else {
            return Ok(Outcome::NotHere("AWS_ACCESS_KEY_ID is not set".to_owned()));
        };
        let Some(secret_access_key) = &self.secret_access_key else {
            let origin = &access_key_id.origin;
            let message = format!("{origin} is set, and AWS_SECRET_ACCESS_KEY is not");
            return Err(failure::ambient::invalid(message));
        };
        Ok(Outcome::Found(AmbientCredentials {
            access_key_id: access_key_id.value.clone(),
            secret_access_key: secret_access_key.clone(),
            session_token: self.session_token.clone(),
            expires_at: self.expires_at()?,
            origin: "the environment",
        }))
    }

    pub(super) fn facts(&self) -> Result<Option<Facts>, Failure> {
        Ok(match self.look()? {
            Outcome::Found(found) => Some(Facts::default().with("keys", &found.digest())),
            Outcome::NotHere(_) => None,
        })
    }

    fn expires_at(&self) -> Result<Option<SystemTime>, Failure> {
        let Some(expiration) = &self.expiration else {
            return Ok(None);
        };
        let time: Result<jiff::Timestamp, _> = expiration.value.trim().parse();
        let time = time.map_err(|_| expiration.origin.invalid("it is no time (RFC 3339)"))?;
        Ok(Some(time.into()))
    }
}

/// Blanks are no secret, as for the SDK for Rust.
fn filled(secret: Option<SecretString>) -> Option<SecretString> {
    secret.filter(|secret| !secret.expose_secret().trim().is_empty())
}
