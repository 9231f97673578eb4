use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret as _, SecretString};

use super::sessions::unique_id;
use super::{SessionCredentials, Sessions};
use crate::random::{ALPHANUMERIC, BASE32, Random};

/// The access key of an IAM user, as programs find it in their environment.
///
/// It comes without a session token and does not expire.
#[derive(Clone)]
pub struct IamUser {
    /// `arn:aws:iam::…:user/…`.
    pub arn: String,
    /// `AKIA…`.
    pub access_key_id: String,
    /// The secret that belongs to it.
    pub secret_access_key: SecretString,
}

impl IamUser {
    pub(crate) fn new(arn: &str, random: &Random) -> Self {
        Self {
            arn: arn.to_owned(),
            access_key_id: format!("AKIA{}", random.text::<16>(BASE32)),
            secret_access_key: random.text::<40>(ALPHANUMERIC).into(),
        }
    }

    /// Lets the services know the access key.
    pub(crate) fn enter(&self, sessions: &Sessions) {
        sessions.insert(SessionCredentials {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.expose_secret().to_owned(),
            session_token: String::new(),
            expiration: SystemTime::UNIX_EPOCH + UNTIL_9999,
            arn: self.arn.clone(),
            user_id: unique_id("AIDA", &self.arn),
            principal_arn: self.arn.clone(),
            source_identity: None,
            transitive_keys: BTreeSet::new(),
        });
    }
}

impl fmt::Debug for IamUser {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("IamUser")
            .field("arn", &self.arn)
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// Later than any clock that a test sets.
const UNTIL_9999: Duration = Duration::from_secs(253_402_300_799);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let user = IamUser {
            arn: "arn:aws:iam::123456789012:user/u".into(),
            access_key_id: "AKIAEXAMPLE".into(),
            secret_access_key: "canary".to_owned().into(),
        };
        assert_eq!(
            format!("{user:?}"),
            r#"IamUser { arn: "arn:aws:iam::123456789012:user/u", access_key_id: "AKIAEXAMPLE", .. }"#
        );
    }
}
