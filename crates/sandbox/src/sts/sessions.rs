use std::collections::BTreeSet;
use std::fmt;
use std::time::SystemTime;

use crate::latest::{Ending, Latest};
use crate::random::{ALPHANUMERIC, BASE32, Random};
use crate::roles_anywhere::Granted;

/// The credentials of one session, or of a user.
#[derive(Clone)]
pub(crate) struct SessionCredentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: String,
    pub(crate) expiration: SystemTime,
    /// `arn:aws:sts::…:assumed-role/…`, or the user's ARN.
    pub(crate) arn: String,
    /// `AROA…:SESSION`, or `AIDA…`.
    pub(crate) user_id: String,
    /// Whom policies name: `arn:aws:iam::…:role/…`, or the user's ARN.
    pub(crate) principal_arn: String,
    /// What stays the same from role to role.
    pub(crate) source_identity: Option<String>,
    /// The keys of the tags that go on, in lower case.
    pub(crate) transitive_keys: BTreeSet<String>,
}

/// A session that was granted, and has no credentials yet.
#[derive(Debug)]
pub(crate) struct NewSession {
    pub(crate) role_arn: String,
    pub(crate) assumed_role_arn: String,
    pub(crate) session_name: String,
    pub(crate) source_identity: Option<String>,
    pub(crate) transitive_keys: BTreeSet<String>,
}

impl From<&Granted> for NewSession {
    fn from(granted: &Granted) -> Self {
        Self {
            role_arn: granted.role_arn.clone(),
            assumed_role_arn: granted.assumed_role_arn.clone(),
            session_name: granted.session_name.clone(),
            source_identity: granted.source_identity.clone(),
            transitive_keys: BTreeSet::new(),
        }
    }
}

impl fmt::Debug for SessionCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SessionCredentials")
            .field("access_key_id", &self.access_key_id)
            .field("arn", &self.arn)
            .finish_non_exhaustive()
    }
}

impl SessionCredentials {
    /// The account in the ARN.
    pub(crate) fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }

    /// Whether a role was assumed to get them: a user's have no session token.
    pub(crate) fn is_session(&self) -> bool {
        !self.session_token.is_empty()
    }
}

impl Ending for SessionCredentials {
    fn end(&self) -> SystemTime {
        self.expiration
    }
}

/// Every session, by access key id.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Latest<SessionCredentials>);

impl Sessions {
    /// Makes credentials for a session that was granted.
    pub(crate) fn open(
        &self,
        granted: &NewSession,
        expiration: SystemTime,
        random: &Random,
    ) -> SessionCredentials {
        let session = &granted.session_name;
        let credentials = SessionCredentials {
            access_key_id: format!("ASIA{}", random.text::<16>(BASE32)),
            secret_access_key: random.text::<40>(ALPHANUMERIC),
            session_token: random.text::<356>(ALPHANUMERIC),
            expiration,
            arn: granted.assumed_role_arn.clone(),
            user_id: format!("{}:{session}", unique_id("AROA", &granted.role_arn)),
            principal_arn: granted.role_arn.clone(),
            source_identity: granted.source_identity.clone(),
            transitive_keys: granted.transitive_keys.clone(),
        };
        self.insert(credentials.clone());
        credentials
    }

    /// Lets credentials be found.
    pub(super) fn insert(&self, credentials: SessionCredentials) {
        let name = credentials.access_key_id.clone();
        self.0.insert(name, credentials);
    }

    pub(crate) fn find(&self, access_key_id: &str) -> Option<SessionCredentials> {
        self.0.find(access_key_id)
    }
}

/// The same identifier for the same role or user.
pub(super) fn unique_id(kind: &str, arn: &str) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, arn.as_bytes());
    let letters = hash.as_ref().iter().take(17);
    let letters = letters.map(|byte| char::from(BASE32[usize::from(byte % 32)]));
    format!("{kind}{}", letters.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let credentials = SessionCredentials {
            access_key_id: "ASIAEXAMPLE".into(),
            secret_access_key: "canary".into(),
            session_token: "canary".into(),
            expiration: SystemTime::UNIX_EPOCH,
            arn: "arn:aws:sts::123456789012:assumed-role/r/s".into(),
            user_id: "AROA:s".into(),
            principal_arn: "arn:aws:iam::123456789012:role/r".into(),
            source_identity: None,
            transitive_keys: BTreeSet::new(),
        };
        assert_eq!(
            format!("{credentials:?}"),
            r#"SessionCredentials { access_key_id: "ASIAEXAMPLE", arn: "arn:aws:sts::123456789012:assumed-role/r/s", .. }"#
        );
        assert_eq!(credentials.account(), "123456789012");
    }
}
