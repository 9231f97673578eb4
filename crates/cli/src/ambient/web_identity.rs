use std::path::PathBuf;

use rolesanywhere::{AssumeRoleWithWebIdentity, RoleArn, RoleSessionName, SessionDuration};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{AmbientCredentials, Facts, Outcome, StsAccess};
use crate::context::{Context, read_text};
use crate::failure::{self, Failure};
use crate::resolved::Sourced;

/// A role that is assumed with the token of an identity provider.
pub(super) struct WebIdentityRole {
    pub(super) role: RoleArn,
    pub(super) token_file: PathBuf,
    pub(super) name: Option<RoleSessionName>,
    pub(super) duration: Option<SessionDuration>,
}

impl WebIdentityRole {
    /// A session of the role. The token is read now: whoever writes it replaces
    /// it each hour or so.
    pub(super) async fn assume(
        &self,
        sts: &StsAccess,
        region: Option<&str>,
    ) -> Result<AmbientCredentials, Failure> {
        let token = Zeroizing::new(read_text(&self.token_file)?);
        let token = SecretString::from(token.trim());
        let name = self.name.clone();
        let name = name.unwrap_or_else(RoleSessionName::fallback);
        let mut request = AssumeRoleWithWebIdentity::new(self.role.clone(), name, token);
        request.duration = self.duration;
        let client = sts.client(&self.role, region)?;
        let session = client.assume_role_with_web_identity(&request).await;
        let session =
            session.map_err(|error| failure::ambient::not_assumed_by_token(error, &self.role))?;
        Ok(AmbientCredentials::of_session(&session, "web identity"))
    }
}

/// The role and the token that variables name: what EKS gives a pod whose
/// service account has a role.
///
/// [Assume role credential provider](https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html)
pub(super) struct WebIdentitySource {
    role: Option<Sourced<String>>,
    token_file: Option<Sourced<PathBuf>>,
    name: Option<Sourced<String>>,
}

impl WebIdentitySource {
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let token_file = settings.sourced("web-identity-token-file")?;
        let token_file = token_file.map(|named| named.into_path(settings.environment()));
        Ok(Self {
            role: settings.sourced("web-identity-role-arn")?,
            token_file: token_file.transpose()?,
            // Roles Anywhere's setting: it names the session there as here.
            name: settings.sourced("role-session-name")?,
        })
    }

    /// A role alone is nothing: other programs read the same variable.
    pub(super) async fn look(&self, sts: &StsAccess) -> Result<Outcome, Failure> {
        let Some(role) = self.named()? else {
            let why = "AWS_WEB_IDENTITY_TOKEN_FILE is not set";
            return Ok(Outcome::NotHere(why.to_owned()));
        };
        role.assume(sts, None).await.map(Outcome::Found)
    }

    /// The role by its session's name: both are in what policies see.
    pub(super) fn facts(&self) -> Result<Option<Facts>, Failure> {
        let Some(role) = self.named()? else {
            return Ok(None);
        };
        let facts = Facts::default().with("role", &role.role.to_string());
        let facts = facts.with_path("token file", &role.token_file);
        Ok(Some(match &self.name {
            Some(name) => facts.with("session name", &name.value),
            None => facts,
        }))
    }

    fn named(&self) -> Result<Option<WebIdentityRole>, Failure> {
        let Some(token_file) = &self.token_file else {
            return Ok(None);
        };
        let Some(role) = &self.role else {
            let origin = &token_file.origin;
            let message = format!("{origin} is set, and AWS_ROLE_ARN is not");
            return Err(failure::ambient::invalid(message));
        };
        Ok(Some(WebIdentityRole {
            role: parsed(role)?,
            token_file: token_file.value.clone(),
            name: self.name.as_ref().map(parsed).transpose()?,
            duration: None,
        }))
    }
}

fn parsed<T>(text: &Sourced<String>) -> Result<T, Failure>
where
    T: std::str::FromStr<Err: std::error::Error>,
{
    let value = text.value.trim().parse();
    value.map_err(|error: T::Err| text.origin.invalid(&error.to_string()))
}
