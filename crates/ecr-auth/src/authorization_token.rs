use std::fmt;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use refresh::Lifetime;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::registry_login::user_pass;

/// What ECR takes as user name and password of a registry login.
///
/// It is good for every registry of its [scope](crate::TokenScope) that the
/// principal may use, whatever account that is, and for no other region.
///
/// [Private registry authentication](https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html)
#[derive(Clone)]
pub struct AuthorizationToken {
    /// The user name: `AWS`.
    pub username: String,
    /// The password: of no fixed length.
    pub password: SecretString,
    /// From when until when it is valid, as ECR says: twelve hours, as a rule.
    pub lifetime: Lifetime,
    /// The principal's own registry: `https://` and its host. The public
    /// registry has none.
    pub proxy_endpoint: Option<String>,
}

impl AuthorizationToken {
    /// Reads the base64 text of an answer; an error says what is wrong with it,
    /// and shows nothing of it.
    pub(crate) fn decode(
        text: &str,
        asked_at: SystemTime,
        expires_at: SystemTime,
    ) -> Result<Self, &'static str> {
        let lifetime = Lifetime::new(asked_at, expires_at);
        if lifetime.duration().is_zero() {
            return Err("the token has expired already; this machine's clock may be ahead");
        }
        let decoded = STANDARD.decode(text).map(Zeroizing::new);
        let decoded = decoded.map_err(|_| "the token is not base64")?;
        let decoded = std::str::from_utf8(&decoded).map_err(|_| "the token is not UTF-8")?;
        // A password may hold colons, a user name may not.
        let (username, password) = decoded
            .split_once(':')
            .filter(|(username, password)| is_plain(username) && is_plain(password))
            .ok_or("the token is no user name and password")?;
        Ok(Self {
            username: username.to_owned(),
            password: password.into(),
            lifetime,
            proxy_endpoint: None,
        })
    }

    /// The credentials of HTTP's Basic authentication, without the word
    /// `Basic`: base64 of user name, colon and password.
    ///
    /// [RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)
    pub fn basic_credentials(&self) -> SecretString {
        user_pass(&self.username, &self.password).as_str().into()
    }
}

/// What it is made of goes into headers, files and terminals.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Shows no password.
impl fmt::Debug for AuthorizationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationToken")
            .field("username", &self.username)
            .field("lifetime", &self.lifetime)
            .field("proxy_endpoint", &self.proxy_endpoint)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use secrecy::ExposeSecret as _;

    use super::*;

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    #[test]
    fn a_token_is_a_user_name_and_a_password_in_base64() {
        let text = STANDARD.encode("AWS:pass:word");
        let token = AuthorizationToken::decode(&text, at(10), at(20)).unwrap();
        assert_eq!(token.username, "AWS");
        assert_eq!(token.password.expose_secret(), "pass:word");
        assert_eq!(token.basic_credentials().expose_secret(), text);
        assert_eq!(token.lifetime, Lifetime::new(at(10), at(20)));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let encoded = |text: &[u8]| STANDARD.encode(text);
        for (text, end, reason) in [
            ("%".to_owned(), 20, "base64"),
            (encoded(b"\xff:x"), 20, "UTF-8"),
            (encoded(b"AWS"), 20, "user name and password"),
            (encoded(b":x"), 20, "user name and password"),
            (encoded(b"AWS:"), 20, "user name and password"),
            (encoded(b"AWS:\x1b[2J"), 20, "user name and password"),
            (encoded(b"A WS:x"), 20, "user name and password"),
            (String::new(), 20, "user name and password"),
            (encoded(b"AWS:x"), 10, "expired"),
            (encoded(b"AWS:x"), 9, "expired"),
        ] {
            let error = AuthorizationToken::decode(&text, at(10), at(end)).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn debug_shows_no_password() {
        let text = STANDARD.encode("AWS:hunter2");
        let token = AuthorizationToken::decode(&text, at(0), at(20)).unwrap();
        let shown = format!("{token:?}");
        assert!(
            shown.starts_with(r#"AuthorizationToken { username: "AWS", lifetime: "#)
                && shown.ends_with("proxy_endpoint: None, .. }"),
            "{shown}"
        );
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
