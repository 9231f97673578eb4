use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use refresh::{Expires, Lifetime};
use secrecy::{ExposeSecret as _, SecretString};

use crate::client::request_id;
use crate::sender::Answer;
use crate::{ClockSkew, RoleSessionName};

mod document;

/// The name under which these credentials appear in the SDKs' logs.
const PROVIDER_NAME: &str = "RolesAnywhere";

/// A session: temporary AWS credentials, and what the service says of them.
///
/// A session that lacks any part of its credentials does not exist: an answer
/// without one is an error.
#[derive(Clone)]
#[non_exhaustive]
pub struct Session {
    /// The access key id, which is no secret.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: SecretString,
    /// The session token.
    pub session_token: SecretString,
    /// When the request for it was sent, by our clock.
    pub created_at: SystemTime,
    /// When it ends, by AWS's clock.
    pub expires_at: SystemTime,
    /// The same as the service wrote it (RFC 3339).
    pub expiration: String,
    /// The role that was asked for.
    pub role_arn: String,
    /// The identity that policies and `CloudTrail` see.
    pub assumed_role_arn: String,
    /// The Roles Anywhere subject of the certificate; empty where the session is
    /// of STS.
    pub subject_arn: String,
    /// The source identity: the common name of the certificate. It stays the
    /// same from role to role.
    pub source_identity: String,
    /// How much of the space for session policies and tags is used, in percent.
    pub packed_policy_size: Option<u64>,
    /// The service's id of the request.
    pub request_id: Option<String>,
    /// How our clock differed from AWS's, where that was corrected.
    skew: Option<ClockSkew>,
}

/// What an answer grants, in whichever form it came. Only what credentials
/// consist of must be there: one that lacks the rest is a session all the same.
pub(crate) struct Granted {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: SecretString,
    pub(crate) session_token: SecretString,
    pub(crate) expiration: String,
    pub(crate) role_arn: String,
    pub(crate) assumed_role_arn: String,
    pub(crate) subject_arn: String,
    pub(crate) source_identity: String,
    pub(crate) packed_policy_size: Option<u64>,
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
    #[error("it is not the XML of a session")]
    Xml,
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
    /// From what an answer grants, and when that was asked for.
    pub(crate) fn granted(granted: Granted, answer: &Answer) -> Result<Self, InvalidAnswer> {
        let expires_at: jiff::Timestamp = granted
            .expiration
            .parse()
            .map_err(|_| InvalidAnswer::Expiration)?;
        if SystemTime::from(expires_at) <= answer.signed_at {
            return Err(InvalidAnswer::Expired);
        }
        Ok(Self {
            access_key_id: filled(granted.access_key_id, "access key id")?,
            secret_access_key: secret(granted.secret_access_key, "secret access key")?,
            session_token: secret(granted.session_token, "session token")?,
            created_at: answer.sent_at,
            expires_at: expires_at.into(),
            expiration: granted.expiration,
            role_arn: granted.role_arn,
            assumed_role_arn: granted.assumed_role_arn,
            subject_arn: granted.subject_arn,
            source_identity: granted.source_identity,
            packed_policy_size: granted.packed_policy_size,
            request_id: request_id(&answer.response.headers),
            skew: answer.skew,
        })
    }

    /// The name of the session, which is the last part of the identity that
    /// policies and `CloudTrail` see.
    pub fn name(&self) -> Option<RoleSessionName> {
        let (_, name) = self.assumed_role_arn.rsplit_once('/')?;
        name.parse().ok()
    }

    /// From creation to expiry by our clock, for a [`refresh::Schedule`].
    pub fn lifetime(&self) -> Lifetime {
        let end = self
            .skew
            .map_or(self.expires_at, |skew| skew.undo(self.expires_at));
        Lifetime::new(self.created_at, end)
    }
}

impl Expires for Session {
    fn lifetime(&self) -> Lifetime {
        self.lifetime()
    }
}

impl From<&Session> for Credentials {
    fn from(session: &Session) -> Self {
        Self::new(
            &session.access_key_id,
            session.secret_access_key.expose_secret(),
            Some(session.session_token.expose_secret().to_owned()),
            Some(session.lifetime().end()),
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

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::ProvideCredentials as _;

    use super::*;

    const ANSWER: &str = r#"{"credentialSet":[{"assumedRoleUser":{"arn":"arn:aws:sts::1:assumed-role/r/7b","assumedRoleId":"A:7b"},
        "credentials":{"accessKeyId":"ASIAEXAMPLE","expiration":"2026-11-21T05:51:05Z","secretAccessKey":"hunter2","sessionToken":"hunter3"},
        "packedPolicySize":10,"roleArn":"arn:aws:iam::1:role/r","sourceIdentity":"CN=app"}],"subjectArn":"arn:aws:rolesanywhere:x:1:subject/s"}"#;

    fn read(body: &str, skew: Option<ClockSkew>) -> Result<Session, InvalidAnswer> {
        Session::from_answer(&Answer {
            response: destination::Response {
                status: http::StatusCode::CREATED,
                headers: http::HeaderMap::new(),
                body: zeroize::Zeroizing::new(body.as_bytes().to_vec()),
            },
            sent_at: SystemTime::UNIX_EPOCH,
            signed_at: SystemTime::UNIX_EPOCH,
            skew,
        })
    }

    fn session() -> Session {
        read(ANSWER, None).unwrap()
    }

    #[test]
    fn what_is_no_credential_may_be_anything() {
        for (from, to) in [
            (r#""packedPolicySize":10"#, r#""packedPolicySize":1e9"#),
            (r#""packedPolicySize":10"#, r#""packedPolicySize":null"#),
            (
                r#""arn":"arn:aws:sts::1:assumed-role/r/7b","#,
                r#""arn":null,"#,
            ),
            (r#""sourceIdentity":"CN=app""#, r#""sourceIdentity":{}"#),
        ] {
            let answer = ANSWER.replace(from, to);
            assert_ne!(answer, ANSWER);
            assert!(read(&answer, None).is_ok(), "{to}");
        }
    }

    #[test]
    fn the_life_is_told_by_our_clock() {
        let behind = ClockSkew::Behind(std::time::Duration::from_secs(1200));
        let plain = session().lifetime();
        let corrected = read(ANSWER, Some(behind)).unwrap().lifetime();
        assert_eq!(corrected.start(), plain.start());
        assert_eq!(
            corrected.end() + std::time::Duration::from_secs(1200),
            plain.end()
        );
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
            let error = read(&answer, None).unwrap_err();
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
            let error = read(answer, None).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
