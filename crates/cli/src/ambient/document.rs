use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::AmbientCredentials;

/// The JSON that programs and the metadata service give credentials in.
///
/// [Process credential provider](https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html)
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Document {
    /// Of the form: a program's has one.
    pub(super) version: Option<u64>,
    /// How it went: the metadata service says that, and then why.
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    #[serde(default)]
    access_key_id: String,
    secret_access_key: Option<SecretString>,
    #[serde(alias = "Token")]
    session_token: Option<SecretString>,
    expiration: Option<String>,
}

impl Document {
    /// `None` where it is not the JSON of credentials; why not could show a
    /// part of it.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// The credentials; or what is wrong with them. What is empty is not there.
    pub(super) fn credentials(
        self,
        origin: &'static str,
    ) -> Result<AmbientCredentials, &'static str> {
        if self.access_key_id.is_empty() {
            return Err("its access key id is empty");
        }
        let expiration = self.expiration.filter(|text| !text.is_empty());
        Ok(AmbientCredentials {
            access_key_id: self.access_key_id,
            secret_access_key: filled(self.secret_access_key)
                .ok_or("its secret access key is empty")?,
            session_token: filled(self.session_token),
            expires_at: expiration.as_deref().map(time).transpose()?,
            origin,
        })
    }
}

fn filled(secret: Option<SecretString>) -> Option<SecretString> {
    secret.filter(|secret| !secret.expose_secret().is_empty())
}

fn time(text: &str) -> Result<SystemTime, &'static str> {
    let time: jiff::Timestamp = text.parse().map_err(|_| "its expiration is no time")?;
    Ok(time.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<AmbientCredentials, &'static str> {
        let document = Document::parse(json.as_bytes()).ok_or("no document")?;
        document.credentials("a test")
    }

    #[test]
    fn credentials_may_be_for_good() {
        let found = read(r#"{"AccessKeyId":"AKIA","SecretAccessKey":"s"}"#).unwrap();
        assert_eq!(found.access_key_id, "AKIA");
        assert!(found.session_token.is_none() && found.expires_at.is_none());
        for token in ["SessionToken", "Token"] {
            let json = format!(
                r#"{{"AccessKeyId":"ASIA","SecretAccessKey":"s","{token}":"t","Expiration":"1970-01-01T02:00:00+01:00","More":1}}"#
            );
            let found = read(&json).unwrap();
            assert_eq!(found.session_token.unwrap().expose_secret(), "t");
            let end = found.expires_at.unwrap();
            assert_eq!(
                end.duration_since(SystemTime::UNIX_EPOCH)
                    .unwrap()
                    .as_secs(),
                3600
            );
        }
        let empty =
            r#"{"AccessKeyId":"A","SecretAccessKey":"s","SessionToken":"","Expiration":null}"#;
        assert!(read(empty).unwrap().session_token.is_none());
    }

    #[test]
    fn what_is_no_credentials_is_refused_without_a_part_of_it() {
        for (json, expected) in [
            ("", "no document"),
            ("<html>", "no document"),
            ("[]", "no document"),
            (r#"{"AccessKeyId":1}"#, "no document"),
            ("{}", "its access key id is empty"),
            (r#"{"AccessKeyId":"A"}"#, "its secret access key is empty"),
            (
                r#"{"AccessKeyId":"A","SecretAccessKey":""}"#,
                "its secret access key is empty",
            ),
            (
                r#"{"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"soon"}"#,
                "its expiration is no time",
            ),
        ] {
            assert_eq!(read(json).unwrap_err(), expected, "{json}");
        }
    }
}
