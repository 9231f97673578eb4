use aws_credential_types::Credentials;
use rolesanywhere::{AssumeRole, ExternalId, RoleArn, RoleSessionName, SessionDuration, Sts};

use super::files::Profile;
use crate::ambient::AmbientCredentials;
use crate::failure::{self, Failure};

/// A role that a profile has assumed, with the credentials of another source.
///
/// [Assume role credential provider](https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html)
pub(super) struct AssumedRole {
    pub(super) role: RoleArn,
    external_id: Option<ExternalId>,
    name: Option<RoleSessionName>,
    duration: Option<SessionDuration>,
}

impl AssumedRole {
    /// `None` where the profile assumes none, or one with a token: that needs
    /// no other source.
    pub(super) fn of(profile: &Profile) -> Result<Option<Self>, Failure> {
        if profile.text("web_identity_token_file").is_some() {
            return Ok(None);
        }
        let Some(role) = profile.parsed("role_arn")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            role,
            external_id: profile.parsed("external_id")?,
            name: profile.parsed("role_session_name")?,
            duration: profile.parsed("duration_seconds")?,
        }))
    }

    /// A session of the role, for who holds `credentials`.
    pub(super) async fn assume(
        &self,
        sts: &Sts,
        credentials: &AmbientCredentials,
    ) -> Result<AmbientCredentials, Failure> {
        let name = self.name.clone();
        let name = name.unwrap_or_else(RoleSessionName::fallback);
        let mut request = AssumeRole::new(self.role.clone(), name);
        request.external_id.clone_from(&self.external_id);
        request.duration = self.duration;
        let credentials = Credentials::from(credentials);
        let session = sts.assume_role(&credentials, &request).await;
        let session = session.map_err(|error| failure::ambient::not_assumed(error, &self.role))?;
        Ok(AmbientCredentials::of_session(&session, "a profile's role"))
    }
}
