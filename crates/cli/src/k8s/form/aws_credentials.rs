use k8s_sinks::file::{ProfileCredentials, ProfileEdit, ProfileFile, ProfileName};
use k8s_sinks::kubernetes::{SecretData, SecretForm};
use refresh::{Expires as _, Source as _};
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::{overlaid, value};
use crate::context::Context;
use crate::failure::Failure;
use crate::k8s::filled::Values;
use crate::resolved::chain;
use crate::session::{CredentialSource, SessionKeeper};

/// A session's credentials, as a file to be mounted and as variables for
/// `envFrom`.
///
/// A variable stays what it was when its pod began; only the file follows.
#[derive(Debug)]
pub(crate) struct AwsCredentials;

impl AwsCredentials {
    /// Whoever can make a namespace of a certain name or label must not get AWS
    /// credentials by it: all of them are named.
    pub(super) fn chosen(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        for name in ["namespace-selector", "namespace-glob"] {
            if let Some(found) = settings.sourced(name)? {
                let reason = "AWS credentials go to namespaces that are named: --namespace";
                return Err(found.origin.invalid(reason));
            }
        }
        Ok(Self)
    }
}

/// A session, opened now; the certificate that opens it is for nothing else.
pub(in crate::k8s) async fn obtain(context: &Context<'_>) -> Result<Values, Failure> {
    let keeper = SessionKeeper::new(context)?;
    let source = CredentialSource::roles_anywhere(keeper, context);
    let opened = source.obtain().await;
    // Vault gets its token back, whatever came of it.
    source.finish().await;
    let session = opened?;
    Ok(Values {
        data: data(&session.of_profile())?,
        lifetime: session.lifetime(),
    })
}

/// The values.
fn data(credentials: &ProfileCredentials) -> Result<SecretData, Failure> {
    let profile = ProfileEdit::new(
        ProfileFile::Credentials,
        ProfileName::default(),
        credentials.settings()?,
    );
    let values = [
        (ACCESS_KEY_ID, credentials.access_key_id.as_str()),
        (
            SECRET_ACCESS_KEY,
            credentials.secret_access_key.expose_secret(),
        ),
        (SESSION_TOKEN, credentials.session_token.expose_secret()),
    ];
    let variables = values.map(|(key, text)| (key.to_owned(), value(text)));
    let mut data = SecretData::from(variables);
    data.insert(FILE.to_owned(), profile.apply(b"")?.contents);
    Ok(data)
}

impl SecretForm for AwsCredentials {
    fn secret_type(&self) -> &'static str {
        "Opaque"
    }

    fn keys(&self) -> Vec<String> {
        [FILE, ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN]
            .map(str::to_owned)
            .into()
    }

    /// They may be of another role, or good for ever.
    fn is_replaceable(&self, _: &SecretData) -> bool {
        false
    }

    /// Their file keeps its other profiles, and their Secret its other keys.
    fn merged(&self, foreign: &SecretData, ours: &SecretData) -> Result<SecretData, String> {
        let mut merged = overlaid(foreign, ours);
        if let Some(theirs) = foreign.get(FILE) {
            merged.insert(FILE.to_owned(), edited(theirs, ours)?);
        }
        Ok(merged)
    }
}

/// Their file with our default profile in it.
fn edited(theirs: &[u8], ours: &SecretData) -> Result<Zeroizing<Vec<u8>>, String> {
    let text = |key| {
        let value = ours.get(key).map(|value| std::str::from_utf8(value));
        value.and_then(Result::ok).unwrap_or_default()
    };
    let credentials = ProfileCredentials {
        access_key_id: text(ACCESS_KEY_ID).to_owned(),
        secret_access_key: text(SECRET_ACCESS_KEY).into(),
        session_token: text(SESSION_TOKEN).into(),
    };
    let edited = credentials.settings().and_then(|settings| {
        let profile = ProfileName::default();
        ProfileEdit::new(ProfileFile::Credentials, profile, settings).apply(theirs)
    });
    let edited = edited.map_err(|error| format!("{FILE}: {}", chain(&error)))?;
    Ok(edited.contents)
}

const FILE: &str = "credentials";
const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";

#[cfg(test)]
mod tests {
    use super::super::tests::{chosen, shown};
    use super::*;

    fn ours() -> SecretData {
        let credentials = ProfileCredentials {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: "hunter2".into(),
            session_token: "hunter3".into(),
        };
        data(&credentials).unwrap()
    }

    #[test]
    fn a_file_and_three_variables() {
        let data = ours();
        let file = "[default]\naws_access_key_id=ASIAEXAMPLE\naws_secret_access_key=hunter2\n\
                    aws_session_token=hunter3\n";
        assert_eq!(
            shown(&data),
            [
                ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", "hunter2"),
                ("AWS_SESSION_TOKEN", "hunter3"),
                ("credentials", file),
            ]
        );
        assert!(!AwsCredentials.is_replaceable(&data));
    }

    #[test]
    fn other_profiles_and_keys_stay() {
        let ours = ours();
        let file = "[other]\nregion = x\n\n[default]\naws_access_key_id = AKIA\n";
        let foreign: SecretData = [("credentials", file), ("region", "x")]
            .map(|(key, text)| (key.to_owned(), value(text)))
            .into();
        let merged = AwsCredentials.merged(&foreign, &ours).unwrap();
        assert_eq!(shown(&merged)[4], ("region", "x"));
        let file = "[other]\nregion = x\n\n[default]\naws_access_key_id = ASIAEXAMPLE\n\
                    aws_secret_access_key = hunter2\naws_session_token = hunter3\n";
        assert_eq!(shown(&merged)[3], ("credentials", file));
        assert_eq!(shown(&merged)[0], ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"));
        let foreign: SecretData = [("credentials".to_owned(), value("[hunter2\n"))].into();
        let refused = AwsCredentials.merged(&foreign, &ours).unwrap_err();
        assert!(refused.starts_with("credentials: line 1 "), "{refused}");
        assert!(!refused.contains("hunter2"));
    }

    #[test]
    fn namespaces_are_named() {
        for flag in ["--namespace-selector", "--namespace-glob"] {
            let refused = chosen(&["--secret-format", "aws-credentials", flag, "team"]);
            let message =
                format!("{flag}: AWS credentials go to namespaces that are named: --namespace");
            assert_eq!(refused.unwrap_err().to_string(), message);
        }
        let flags = ["--secret-format", "aws-credentials", "--namespace", "team"];
        assert!(chosen(&flags).is_ok());
    }
}
