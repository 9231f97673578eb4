use std::time::SystemTime;

use refresh::Lifetime;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::session::{SessionCredentials, Values};

/// What the container protocol answers, or why it cannot be used.
pub(crate) fn read(body: &[u8], now: SystemTime) -> Result<SessionCredentials, &'static str> {
    // The parser's own text could show a part of the body.
    let document: Document =
        serde_json::from_slice(body).map_err(|_| "it is not the JSON of credentials")?;
    document.credentials(now)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    access_key_id: String,
    secret_access_key: SecretString,
    token: SecretString,
    expiration: String,
    #[serde(default)]
    role_arn: Option<String>,
}

impl Document {
    /// An error page that was taken for credentials has cost others theirs.
    fn credentials(self, now: SystemTime) -> Result<SessionCredentials, &'static str> {
        let is_empty = |text: &SecretString| text.expose_secret().is_empty();
        if self.access_key_id.is_empty()
            || is_empty(&self.secret_access_key)
            || is_empty(&self.token)
        {
            return Err("a part of the credentials is empty");
        }
        let end: jiff::Timestamp = self
            .expiration
            .parse()
            .map_err(|_| "its expiration is no time")?;
        let lifetime = Lifetime::new(now, end.into());
        if lifetime.duration().is_zero() {
            return Err("the credentials have expired already");
        }
        Ok(SessionCredentials::new(Values {
            access_key_id: self.access_key_id,
            secret_access_key: self.secret_access_key,
            session_token: self.token,
            lifetime,
            expiration: self.expiration,
            role_arn: self.role_arn,
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_no_whole_set_of_credentials_is_refused() {
        let now = SystemTime::UNIX_EPOCH;
        let whole = r#"{"AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"1970-01-01T01:00:00Z","RoleArn":"r"}"#;
        let read = |text: &str| read(text.as_bytes(), now);
        let found = read(whole).unwrap();
        assert_eq!(found.lifetime.duration(), Duration::from_secs(3600));
        assert_eq!(found.role_arn.as_deref(), Some("r"));
        for (from, to) in [
            ("ASIA", ""),
            (r#""s""#, r#""""#),
            (r#""t""#, r#""""#),
            ("1970-01-01T01:00:00Z", "soon"),
            ("1970-01-01T01:00:00Z", "1969-01-01T01:00:00Z"),
            ("0001", "0001"),
        ] {
            let text = whole.replace(from, to);
            assert_eq!(read(&text).is_err(), text != whole, "{text}");
        }
        for text in [
            r#"{"error":"no"}"#,
            "<html>",
            "",
            &whole.replace("Token", "T"),
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
