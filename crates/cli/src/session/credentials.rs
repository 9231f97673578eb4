use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use k8s_sinks::file::ProfileCredentials;
use refresh::{Expires, Lifetime};
use rolesanywhere::Session;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::SessionKey;
use crate::shared::OnDisk;

/// The credentials of a session, wherever it was opened. A copy is one more
/// reference, and no further copy of the secrets.
#[derive(Clone, Debug)]
pub(crate) struct SessionCredentials {
    values: Arc<Values>,
    key: Option<SessionKey>,
}

/// What credentials consist of.
pub(crate) struct Values {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: SecretString,
    pub(crate) session_token: SecretString,
    /// From when until when they are valid by this machine's clock.
    pub(crate) lifetime: Lifetime,
    /// When they expire, as the service wrote it.
    pub(crate) expiration: String,
    /// The role that they are of, where that is known.
    pub(crate) role_arn: Option<String>,
}

impl SessionCredentials {
    pub(crate) fn new(values: Values) -> Self {
        Self {
            values: Arc::new(values),
            key: None,
        }
    }

    /// The same, known by its key.
    pub(crate) fn with_key(self, key: Option<SessionKey>) -> Self {
        Self { key, ..self }
    }

    /// Which session it is, where that can be told.
    pub(crate) fn key(&self) -> Option<&SessionKey> {
        self.key.as_ref()
    }

    /// Whether the other is the same session.
    #[cfg(any(feature = "serve", test))]
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.values, &other.values) || self.session_key() == other.session_key()
    }

    /// An access key id is used for one session only.
    #[cfg(any(feature = "serve", test))]
    fn session_key(&self) -> (&str, &str) {
        (&self.access_key_id, &self.expiration)
    }

    /// As a profile holds them.
    pub(crate) fn of_profile(&self) -> ProfileCredentials {
        ProfileCredentials {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
            session_token: self.session_token.clone(),
        }
    }
}

impl Deref for SessionCredentials {
    type Target = Values;

    fn deref(&self) -> &Values {
        &self.values
    }
}

impl Expires for SessionCredentials {
    fn lifetime(&self) -> Lifetime {
        self.values.lifetime
    }
}

/// A session as it stands on disk.
#[derive(Deserialize)]
pub(crate) struct StoredSession {
    access_key_id: String,
    secret_access_key: SecretString,
    session_token: SecretString,
    expiration: String,
    role_arn: Option<String>,
}

impl OnDisk for SessionCredentials {
    const NAME: &'static str = "session";
    const LONGEST: Duration = LONGEST_SESSION;
    const LEAST_LEFT: Duration = Duration::ZERO;
    /// Longer than opening one takes as a rule, shorter than an SDK waits for a
    /// `credential_process`.
    const PATIENCE: Duration = Duration::from_secs(15);
    const IS_SCARCE: bool = false;
    type Form = StoredSession;

    fn form(&self) -> impl Serialize + '_ {
        #[derive(Serialize)]
        struct Form<'a> {
            access_key_id: &'a str,
            secret_access_key: &'a str,
            session_token: &'a str,
            expiration: &'a str,
            role_arn: Option<&'a str>,
        }
        Form {
            access_key_id: &self.access_key_id,
            secret_access_key: self.secret_access_key.expose_secret(),
            session_token: self.session_token.expose_secret(),
            expiration: &self.expiration,
            role_arn: self.role_arn.as_deref(),
        }
    }

    fn of_form(form: StoredSession, life: Lifetime) -> Self {
        Self::new(Values {
            access_key_id: form.access_key_id,
            secret_access_key: form.secret_access_key,
            session_token: form.session_token,
            lifetime: life,
            expiration: form.expiration,
            role_arn: form.role_arn,
        })
    }

    fn lifetime(&self) -> Lifetime {
        self.values.lifetime
    }

    fn expiration(&self) -> String {
        self.values.expiration.clone()
    }
}

/// As the clients of AWS's APIs take them.
#[cfg(feature = "ecr")]
impl From<&SessionCredentials> for aws_credential_types::Credentials {
    fn from(session: &SessionCredentials) -> Self {
        Self::new(
            &session.access_key_id,
            session.secret_access_key.expose_secret(),
            Some(session.session_token.expose_secret().to_owned()),
            Some(session.lifetime.end()),
            "iamra",
        )
    }
}

impl From<&Session> for SessionCredentials {
    fn from(session: &Session) -> Self {
        let role_arn = Some(session.role_arn.clone());
        Self::new(Values {
            access_key_id: session.access_key_id.clone(),
            secret_access_key: session.secret_access_key.clone(),
            session_token: session.session_token.clone(),
            lifetime: session.lifetime(),
            expiration: session.expiration.clone(),
            role_arn: role_arn.filter(|arn| !arn.is_empty()),
        })
    }
}

/// Shows neither the secret access key nor the session token.
impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values")
            .field("access_key_id", &self.access_key_id)
            .field("expiration", &self.expiration)
            .finish_non_exhaustive()
    }
}

/// Roles Anywhere and STS give twelve hours at most.
pub(crate) const LONGEST_SESSION: Duration = Duration::from_secs(12 * 3600);

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let start = SystemTime::UNIX_EPOCH;
        let credentials = SessionCredentials::new(Values {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: "hunter2".into(),
            session_token: "hunter3".into(),
            lifetime: Lifetime::new(start, start + Duration::from_secs(3600)),
            expiration: "1970-01-01T01:00:00Z".to_owned(),
            role_arn: None,
        });
        assert_eq!(
            format!("{credentials:?}"),
            r#"SessionCredentials { values: Values { access_key_id: "ASIAEXAMPLE", expiration: "1970-01-01T01:00:00Z", .. }, key: None }"#
        );
    }
}
