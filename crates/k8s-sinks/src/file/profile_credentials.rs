use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

use super::Setting;
use crate::Error;

/// The credentials of one session, as a profile holds them.
#[derive(Clone)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the three keys that a session has"
)]
pub struct ProfileCredentials {
    /// `aws_access_key_id`: `ASIA…`.
    pub access_key_id: String,
    /// `aws_secret_access_key`.
    pub secret_access_key: SecretString,
    /// `aws_session_token`.
    pub session_token: SecretString,
}

impl ProfileCredentials {
    /// The three settings, in the order in which a new profile has them.
    pub fn settings(&self) -> Result<Vec<Setting>, Error> {
        Ok(vec![
            Setting::new(ACCESS_KEY_ID, self.access_key_id.as_str().into())?,
            Setting::new(SECRET_ACCESS_KEY, self.secret_access_key.clone())?,
            Setting::new(SESSION_TOKEN, self.session_token.clone())?,
        ])
    }

    /// From what a profile holds.
    pub(super) fn from_values(value: impl Fn(&str) -> Option<SecretString>) -> Option<Self> {
        Some(Self {
            access_key_id: value(ACCESS_KEY_ID)?.expose_secret().to_owned(),
            secret_access_key: value(SECRET_ACCESS_KEY)?,
            session_token: value(SESSION_TOKEN)?,
        })
    }
}

const ACCESS_KEY_ID: &str = "aws_access_key_id";
const SECRET_ACCESS_KEY: &str = "aws_secret_access_key";
const SESSION_TOKEN: &str = "aws_session_token";

/// Shows the access key id, which is no secret, alone.
impl fmt::Debug for ProfileCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfileCredentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let credentials = ProfileCredentials {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: "hunter2".into(),
            session_token: "hunter3".into(),
        };
        let shown = r#"ProfileCredentials { access_key_id: "ASIAEXAMPLE", .. }"#;
        assert_eq!(format!("{credentials:?}"), shown);
        let settings = "[aws_access_key_id=[redacted], aws_secret_access_key=[redacted], \
            aws_session_token=[redacted]]";
        assert_eq!(format!("{:?}", credentials.settings().unwrap()), settings);
    }
}
