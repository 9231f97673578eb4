use super::files::Profile;
use crate::ambient::AmbientCredentials;
use crate::ambient::credential_process::CredentialProcess;
use crate::ambient::web_identity::WebIdentityRole;
use crate::failure::Failure;

/// Where the credentials come from that roles are assumed with, or that are
/// used as they are.
pub(super) enum Base {
    Keys(AmbientCredentials),
    Process(CredentialProcess),
    WebIdentity(WebIdentityRole),
    Named(NamedSource),
}

/// What `credential_source` names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NamedSource {
    Environment,
    Ec2InstanceMetadata,
    EcsContainer,
}

impl Base {
    /// What the profile has, in the order of the SDK for Rust; `None` where it
    /// has nothing. Only a sign-in by a browser comes last: it cannot be had
    /// here, and a `credential_process` beside it can stand in for it.
    pub(super) fn of(profile: &Profile) -> Result<Option<Self>, Failure> {
        if let Some(source) = profile.text("credential_source") {
            let source = NamedSource::parse(source).ok_or_else(|| {
                profile.invalid(&format!(
                    "credential_source {source:?} is none of Environment, Ec2InstanceMetadata, \
                     EcsContainer"
                ))
            });
            return source.map(|source| Some(Self::Named(source)));
        }
        if let Some(role) = web_identity(profile)? {
            return Ok(Some(Self::WebIdentity(role)));
        }
        if let Some(command) = profile.text("credential_process") {
            let process = CredentialProcess::new(command.to_owned(), &profile.name)?;
            return Ok(Some(Self::Process(process)));
        }
        refuse_sign_in(profile)?;
        Ok(Self::keys(profile)?.map(Self::Keys))
    }

    /// The keys that stand in the profile; half of them is a mistake.
    pub(super) fn keys(profile: &Profile) -> Result<Option<AmbientCredentials>, Failure> {
        let id = profile.text("aws_access_key_id");
        let secret = profile.secret("aws_secret_access_key");
        let token = profile.secret("aws_session_token");
        let (Some(id), Some(secret)) = (id, secret) else {
            let missing = match (id, secret, token) {
                (None, None, None) => return Ok(None),
                (None, ..) => "aws_access_key_id",
                _ => "aws_secret_access_key",
            };
            return Err(profile.invalid(&format!("{missing} is missing")));
        };
        Ok(Some(AmbientCredentials {
            access_key_id: id.to_owned(),
            secret_access_key: secret.clone(),
            session_token: token.cloned(),
            expires_at: None,
            origin: "a profile",
        }))
    }
}

impl NamedSource {
    /// In whichever case, as for the SDK for Rust.
    fn parse(text: &str) -> Option<Self> {
        [
            Self::Environment,
            Self::Ec2InstanceMetadata,
            Self::EcsContainer,
        ]
        .into_iter()
        .find(|source| source.name().eq_ignore_ascii_case(text))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Environment => "Environment",
            Self::Ec2InstanceMetadata => "Ec2InstanceMetadata",
            Self::EcsContainer => "EcsContainer",
        }
    }
}

fn web_identity(profile: &Profile) -> Result<Option<WebIdentityRole>, Failure> {
    let Some(token_file) = profile.text("web_identity_token_file") else {
        return Ok(None);
    };
    let Some(role) = profile.parsed("role_arn")? else {
        return Err(profile.invalid("web_identity_token_file is there, and role_arn is not"));
    };
    Ok(Some(WebIdentityRole {
        role,
        token_file: token_file.into(),
        name: profile.parsed("role_session_name")?,
        duration: profile.parsed("duration_seconds")?,
    }))
}

/// Somebody must sit in front of a browser for these; the AWS CLI keeps what
/// comes of it.
fn refuse_sign_in(profile: &Profile) -> Result<(), Failure> {
    let Some(key) = SIGN_IN.into_iter().find(|key| profile.text(key).is_some()) else {
        return Ok(());
    };
    let name = &profile.name;
    Err(profile
        .invalid(&format!(
            "{key}: credentials of a sign-in are not read here"
        ))
        .with_hint(format!(
            "add to the profile: credential_process = aws configure export-credentials --profile \
             {name} --format process"
        )))
}

const SIGN_IN: [&str; 6] = [
    "sso_session",
    "sso_start_url",
    "sso_account_id",
    "sso_role_name",
    "sso_region",
    "login_session",
];
