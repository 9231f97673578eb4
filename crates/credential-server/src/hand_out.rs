mod document;

use std::fmt;
use std::sync::OnceLock;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::attributes::AccountId;
use bytes::Bytes;
use jiff::Timestamp;

/// One role's session credentials, ready to be handed out.
///
/// Complete by construction: an answer with empty members, which an SDK would
/// take for credentials, cannot be made. The documents are rendered once and
/// wiped from memory with the last reference to them.
pub struct HandOut {
    credentials: Credentials,
    expires_at: SystemTime,
    expiration: String,
    last_updated: String,
    role_arn: Option<String>,
    rendered: Rendered,
}

#[derive(Default)]
struct Rendered {
    container: OnceLock<Bytes>,
    instance: OnceLock<Bytes>,
    extended: OnceLock<Bytes>,
}

impl HandOut {
    /// Session credentials that were obtained at `last_updated`. Their account,
    /// where it is known, is handed out too.
    pub fn new(credentials: Credentials, last_updated: SystemTime) -> Result<Self, Incomplete> {
        if credentials.access_key_id().is_empty() {
            return Err(Incomplete::AccessKeyId);
        }
        if credentials.secret_access_key().is_empty() {
            return Err(Incomplete::SecretAccessKey);
        }
        if credentials.session_token().is_none_or(str::is_empty) {
            return Err(Incomplete::SessionToken);
        }
        let expires_at = credentials.expiry().ok_or(Incomplete::Expiration)?;
        Ok(Self {
            expires_at,
            expiration: rfc_3339(expires_at).ok_or(Incomplete::Expiration)?,
            last_updated: rfc_3339(last_updated).ok_or(Incomplete::LastUpdated)?,
            credentials,
            role_arn: None,
            rendered: Rendered::default(),
        })
    }

    /// Hands out the expiration in the service's own words, RFC 3339, in place
    /// of ours.
    #[must_use]
    pub fn with_expiration_text(mut self, expiration: impl Into<String>) -> Self {
        self.expiration = expiration.into();
        self.rendered = Rendered::default();
        self
    }

    /// Names the role, which container credentials tell their consumer.
    #[must_use]
    pub fn with_role_arn(mut self, role_arn: impl Into<String>) -> Self {
        self.role_arn = Some(role_arn.into());
        self.rendered = Rendered::default();
        self
    }

    /// The access key's id, which is no secret.
    pub fn access_key_id(&self) -> &str {
        self.credentials.access_key_id()
    }

    /// The role, where it is known.
    pub fn role_arn(&self) -> Option<&str> {
        self.role_arn.as_deref()
    }

    /// The account, where it is known.
    pub fn account_id(&self) -> Option<&str> {
        self.credentials.account_id().map(AccountId::as_str)
    }

    /// When the credentials end.
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// The document of the container credentials endpoint.
    pub(crate) fn container(&self) -> Bytes {
        let render = || document::container(self);
        self.rendered.container.get_or_init(render).clone()
    }

    /// The document below `iam/security-credentials/`.
    pub(crate) fn instance(&self) -> Bytes {
        let render = || document::instance(self, None);
        self.rendered.instance.get_or_init(render).clone()
    }

    /// The document below `iam/security-credentials-extended/`: with the account.
    pub(crate) fn extended(&self) -> Bytes {
        let render = || document::instance(self, self.account_id());
        self.rendered.extended.get_or_init(render).clone()
    }
}

impl fmt::Debug for HandOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandOut")
            .field("access_key_id", &self.access_key_id())
            .field("secret_access_key", &"[REDACTED]")
            .field("session_token", &"[REDACTED]")
            .field("expiration", &self.expiration)
            .field("role_arn", &self.role_arn)
            .finish_non_exhaustive()
    }
}

/// What session credentials lack.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Incomplete {
    /// No access key id.
    #[error("the credentials have no access key id")]
    AccessKeyId,
    /// No secret access key.
    #[error("the credentials have no secret access key")]
    SecretAccessKey,
    /// No session token: long-lived keys are not handed out.
    #[error("the credentials have no session token")]
    SessionToken,
    /// No expiration, or none that can be written.
    #[error("the credentials have no expiration")]
    Expiration,
    /// A time of issue that cannot be written.
    #[error("the credentials have no time of issue")]
    LastUpdated,
}

/// To the second, in UTC, as AWS writes times.
fn rfc_3339(time: SystemTime) -> Option<String> {
    let time = Timestamp::try_from(time).ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ISSUED: Duration = Duration::from_secs(1_790_000_000);

    fn credentials(key: &str, secret: &str, token: Option<&str>, expires: bool) -> Credentials {
        let expiry = SystemTime::UNIX_EPOCH + ISSUED + Duration::from_secs(3600);
        Credentials::new(
            key,
            secret,
            token.map(str::to_owned),
            expires.then_some(expiry),
            "test",
        )
    }

    fn hand_out() -> HandOut {
        let issued = SystemTime::UNIX_EPOCH + ISSUED;
        HandOut::new(credentials("ASIAX", "s3cret", Some("t0ken"), true), issued).unwrap()
    }

    #[test]
    fn incomplete_credentials_are_none() {
        let issued = SystemTime::UNIX_EPOCH + ISSUED;
        for (key, secret, token, expires, lacks) in [
            ("", "s", Some("t"), true, Incomplete::AccessKeyId),
            ("k", "", Some("t"), true, Incomplete::SecretAccessKey),
            ("k", "s", Some(""), true, Incomplete::SessionToken),
            ("k", "s", None, true, Incomplete::SessionToken),
            ("k", "s", Some("t"), false, Incomplete::Expiration),
        ] {
            let result = HandOut::new(credentials(key, secret, token, expires), issued);
            assert_eq!(result.unwrap_err(), lacks);
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(
            format!("{:?}", hand_out().with_role_arn("arn:aws:iam::1:role/a")),
            "HandOut { access_key_id: \"ASIAX\", secret_access_key: \"[REDACTED]\", \
             session_token: \"[REDACTED]\", expiration: \"2026-09-21T15:13:20Z\", \
             role_arn: Some(\"arn:aws:iam::1:role/a\"), .. }"
        );
    }

    #[test]
    fn a_document_is_rendered_once() {
        let hand_out = hand_out();
        assert_eq!(hand_out.container().as_ptr(), hand_out.container().as_ptr());
        let renamed = hand_out.with_role_arn("arn:aws:iam::1:role/a\"b");
        assert!(
            String::from_utf8_lossy(&renamed.container())
                .starts_with(r#"{"RoleArn":"arn:aws:iam::1:role/a\"b","AccessKeyId":"ASIAX","#)
        );
    }
}
