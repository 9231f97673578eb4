use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use refresh::Lifetime;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

/// The name under which these credentials appear in the SDKs' logs.
const PROVIDER_NAME: &str = "RolesAnywhere";

/// A session: temporary AWS credentials, and what the service says of them.
///
/// A session that lacks any part of its credentials does not exist: an answer
/// without one is an error.
#[derive(Clone)]
pub struct Session {
    /// The access key id, which is no secret.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: SecretString,
    /// The session token.
    pub session_token: SecretString,
    /// When the request for it was sent.
    pub created_at: SystemTime,
    /// When it ends.
    pub expires_at: SystemTime,
    /// The same as the service wrote it (RFC 3339).
    pub expiration: String,
    /// The role that was asked for.
    pub role_arn: String,
    /// The identity that policies and `CloudTrail` see.
    pub assumed_role_arn: String,
    /// The Roles Anywhere subject of the certificate.
    pub subject_arn: String,
    /// The source identity: the common name of the certificate.
    pub source_identity: String,
    /// How much of the space for session policies and tags is used, in percent.
    pub packed_policy_size: Option<u8>,
    /// The service's id of the request.
    pub request_id: Option<String>,
}

/// Why an answer holds no session.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum InvalidAnswer {
    #[error("it is not the JSON of a session ({category} at line {line}, column {column})")]
    Json {
        category: &'static str,
        line: usize,
        column: usize,
    },
    #[error("it holds no credentials")]
    NoCredentials,
    #[error("its {0} is empty")]
    Empty(&'static str),
    #[error("its expiration is not a time")]
    Expiration,
    #[error("its credentials have expired already")]
    Expired,
}

impl Session {
    /// From the body of a successful answer to a request sent at `sent_at`.
    pub(crate) fn from_answer(body: &[u8], sent_at: SystemTime) -> Result<Self, InvalidAnswer> {
        let answer: Answer = serde_json::from_slice(body).map_err(|error| InvalidAnswer::Json {
            category: category(&error),
            line: error.line(),
            column: error.column(),
        })?;
        let set = answer
            .credential_set
            .into_iter()
            .next()
            .ok_or(InvalidAnswer::NoCredentials)?;
        let credentials = set.credentials;
        let expires_at: jiff::Timestamp = credentials
            .expiration
            .parse()
            .map_err(|_| InvalidAnswer::Expiration)?;
        if SystemTime::from(expires_at) <= sent_at {
            return Err(InvalidAnswer::Expired);
        }
        let user = set.assumed_role_user.unwrap_or_default();
        Ok(Self {
            access_key_id: filled(credentials.access_key_id, "access key id")?,
            secret_access_key: secret(credentials.secret_access_key, "secret access key")?,
            session_token: secret(credentials.session_token, "session token")?,
            created_at: sent_at,
            expires_at: expires_at.into(),
            expiration: credentials.expiration,
            role_arn: set.role_arn.unwrap_or_default(),
            assumed_role_arn: user.arn,
            subject_arn: answer.subject_arn.unwrap_or_default(),
            source_identity: set.source_identity.unwrap_or_default(),
            packed_policy_size: set.packed_policy_size,
            request_id: None,
        })
    }

    /// From creation to expiry, for a [`refresh::Schedule`].
    pub fn lifetime(&self) -> Lifetime {
        Lifetime::new(self.created_at, self.expires_at)
    }
}

impl From<&Session> for Credentials {
    fn from(session: &Session) -> Self {
        Self::new(
            &session.access_key_id,
            session.secret_access_key.expose_secret(),
            Some(session.session_token.expose_secret().to_owned()),
            Some(session.expires_at),
            PROVIDER_NAME,
        )
    }
}

/// Shows neither the secret access key nor the session token.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("access_key_id", &self.access_key_id)
            .field("expiration", &self.expiration)
            .field("assumed_role_arn", &self.assumed_role_arn)
            .finish_non_exhaustive()
    }
}

fn filled(text: String, what: &'static str) -> Result<String, InvalidAnswer> {
    if text.is_empty() {
        Err(InvalidAnswer::Empty(what))
    } else {
        Ok(text)
    }
}

fn secret(secret: SecretString, what: &'static str) -> Result<SecretString, InvalidAnswer> {
    if secret.expose_secret().is_empty() {
        Err(InvalidAnswer::Empty(what))
    } else {
        Ok(secret)
    }
}

/// The error's own text would show a part of the body.
fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Io => "read error",
        serde_json::error::Category::Syntax => "not JSON",
        serde_json::error::Category::Data => "unexpected member",
        serde_json::error::Category::Eof => "cut off",
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    credential_set: Vec<CredentialSet>,
    subject_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialSet {
    credentials: AnswerCredentials,
    assumed_role_user: Option<AssumedRoleUser>,
    role_arn: Option<String>,
    source_identity: Option<String>,
    packed_policy_size: Option<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswerCredentials {
    access_key_id: String,
    secret_access_key: SecretString,
    session_token: SecretString,
    expiration: String,
}

#[derive(Default, Deserialize)]
struct AssumedRoleUser {
    #[serde(default)]
    arn: String,
}

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::ProvideCredentials as _;

    use super::*;

    const ANSWER: &str = r#"{"credentialSet":[{"assumedRoleUser":{"arn":"arn:aws:sts::1:assumed-role/r/7b","assumedRoleId":"A:7b"},
        "credentials":{"accessKeyId":"ASIAEXAMPLE","expiration":"2026-11-21T05:51:05Z","secretAccessKey":"hunter2","sessionToken":"hunter3"},
        "packedPolicySize":10,"roleArn":"arn:aws:iam::1:role/r","sourceIdentity":"CN=app"}],"subjectArn":"arn:aws:rolesanywhere:x:1:subject/s"}"#;

    fn session() -> Session {
        Session::from_answer(ANSWER.as_bytes(), SystemTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn an_answer_becomes_a_session() {
        let session = session();
        assert_eq!(session.access_key_id, "ASIAEXAMPLE");
        assert_eq!(session.secret_access_key.expose_secret(), "hunter2");
        assert_eq!(session.expiration, "2026-11-21T05:51:05Z");
        assert_eq!(session.assumed_role_arn, "arn:aws:sts::1:assumed-role/r/7b");
        assert_eq!(session.packed_policy_size, Some(10));
        let seconds = session
            .expires_at
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        assert_eq!(seconds, 1_795_240_265);
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(
            format!("{:?}", session()),
            r#"Session { access_key_id: "ASIAEXAMPLE", expiration: "2026-11-21T05:51:05Z", assumed_role_arn: "arn:aws:sts::1:assumed-role/r/7b", .. }"#
        );
    }

    #[tokio::test]
    async fn credentials_carry_token_and_expiry() {
        let credentials = Credentials::from(&session())
            .provide_credentials()
            .await
            .unwrap();
        assert_eq!(credentials.session_token(), Some("hunter3"));
        assert_eq!(credentials.expiry(), Some(session().expires_at));
    }

    #[test]
    fn an_answer_without_whole_credentials_is_an_error() {
        for (from, to, expected) in [
            ("hunter2", "", "its secret access key is empty"),
            ("hunter3", "", "its session token is empty"),
            ("ASIAEXAMPLE", "", "its access key id is empty"),
            (
                "2026-11-21T05:51:05Z",
                "soon",
                "its expiration is not a time",
            ),
            (
                r#""accessKeyId":"ASIAEXAMPLE","#,
                "",
                "it is not the JSON of a session (unexpected member at line 2, column 112)",
            ),
            (
                "2026-11-21T05:51:05Z",
                "1970-01-01T00:00:00Z",
                "its credentials have expired already",
            ),
            (
                r#""hunter2""#,
                "null",
                "it is not the JSON of a session (unexpected member at line 2, column 109)",
            ),
        ] {
            let answer = ANSWER.replace(from, to);
            let error =
                Session::from_answer(answer.as_bytes(), SystemTime::UNIX_EPOCH).unwrap_err();
            assert_eq!(error.to_string(), expected, "{from} -> {to}");
        }
        for (answer, expected) in [
            (
                "",
                "it is not the JSON of a session (cut off at line 1, column 0)",
            ),
            (
                "<html>",
                "it is not the JSON of a session (not JSON at line 1, column 1)",
            ),
            ("{}", "it holds no credentials"),
            (r#"{"credentialSet":[]}"#, "it holds no credentials"),
        ] {
            let error =
                Session::from_answer(answer.as_bytes(), SystemTime::UNIX_EPOCH).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
