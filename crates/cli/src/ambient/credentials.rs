use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use rolesanywhere::Session;
use secrecy::{ExposeSecret as _, SecretString};

use crate::audit;
use crate::failure::{self, Failure};
use crate::session::digest_of_parts;

/// Credentials that were found.
#[derive(Clone)]
pub(crate) struct AmbientCredentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: SecretString,
    /// Only temporary credentials have one.
    pub(crate) session_token: Option<SecretString>,
    /// When they expire, where that is known.
    pub(crate) expires_at: Option<SystemTime>,
    /// Which source they are of, for people.
    pub(crate) origin: &'static str,
}

impl AmbientCredentials {
    pub(super) fn of_session(session: &Session, origin: &'static str) -> Self {
        Self {
            access_key_id: session.access_key_id.clone(),
            secret_access_key: session.secret_access_key.clone(),
            session_token: Some(session.session_token.clone()),
            expires_at: Some(session.lifetime().end()),
            origin,
        }
    }

    /// Of all of them: whoever knows the access key id alone, which is in logs,
    /// is not who has the secret.
    pub(super) fn digest(&self) -> String {
        let token = self.session_token.as_ref();
        digest_of_parts([
            self.access_key_id.as_bytes(),
            self.secret_access_key.expose_secret().as_bytes(),
            token.map_or("", |token| token.expose_secret()).as_bytes(),
        ])
    }

    /// The same, if they are still of use.
    pub(super) fn unexpired(self, now: SystemTime) -> Result<Self, Failure> {
        match self.expires_at {
            Some(end) if end <= now => {
                Err(failure::ambient::expired(self.origin, &audit::rfc3339(end)))
            }
            _ => Ok(self),
        }
    }
}

impl From<&AmbientCredentials> for Credentials {
    fn from(found: &AmbientCredentials) -> Self {
        let token = found.session_token.as_ref();
        Self::new(
            &found.access_key_id,
            found.secret_access_key.expose_secret(),
            token.map(|token| token.expose_secret().to_owned()),
            found.expires_at,
            found.origin,
        )
    }
}

/// Shows neither the secret access key nor the session token.
impl fmt::Debug for AmbientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AmbientCredentials")
            .field("access_key_id", &self.access_key_id)
            .field("expires_at", &self.expires_at.map(audit::rfc3339))
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn found() -> AmbientCredentials {
        AmbientCredentials {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: "hunter2".into(),
            session_token: Some("hunter3".into()),
            expires_at: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(3600)),
            origin: "the environment",
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(
            format!("{:?}", found()),
            r#"AmbientCredentials { access_key_id: "ASIAEXAMPLE", expires_at: Some("1970-01-01T01:00:00Z"), origin: "the environment", .. }"#
        );
    }

    #[test]
    fn requests_are_signed_with_all_of_them() {
        let credentials = Credentials::from(&found());
        assert_eq!(credentials.access_key_id(), "ASIAEXAMPLE");
        assert_eq!(credentials.secret_access_key(), "hunter2");
        assert_eq!(credentials.session_token(), Some("hunter3"));
        assert_eq!(credentials.expiry(), found().expires_at);
    }

    #[test]
    fn each_part_makes_another_digest() {
        let of = |id: &str, secret: &str, token: Option<&str>| {
            let found = AmbientCredentials {
                access_key_id: id.to_owned(),
                secret_access_key: secret.into(),
                session_token: token.map(Into::into),
                ..found()
            };
            found.digest()
        };
        let digests = [
            of("a", "b", Some("c")),
            of("a", "b", Some("d")),
            of("a", "d", Some("c")),
            of("d", "b", Some("c")),
            of("ab", "", Some("c")),
            of("a", "bc", None),
        ];
        for (index, digest) in digests.iter().enumerate() {
            assert_eq!(digest.len(), 64);
            assert!(!digests[..index].contains(digest), "{index}");
        }
        assert_eq!(of("a", "b", Some("c")), digests[0]);
    }

    #[test]
    fn expired_ones_are_refused() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert!(found().unexpired(at(3599)).is_ok());
        let failure = found().unexpired(at(3600)).unwrap_err();
        assert_eq!(failure.code(), "ambient.expired");
        assert_eq!(
            failure.to_string(),
            "the credentials of the environment have expired at 1970-01-01T01:00:00Z"
        );
    }
}
