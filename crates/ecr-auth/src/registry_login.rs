use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use refresh::{Fault, FaultKind};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// A user and a password for one registry.
///
/// For ECR the user is `AWS` and the password comes out of an authorization
/// token; other registries have their own.
///
/// [Registry authentication](https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html)
#[derive(Clone)]
pub struct RegistryLogin {
    host: String,
    username: String,
    password: SecretString,
}

/// Why a login cannot be written into a docker config.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLogin {
    /// The host is empty, or has something around it.
    #[error("{host:?} is not the bare host of a registry (host or host:port)")]
    Host {
        /// The host as it was given.
        host: String,
    },
    /// The user's name is empty or has the colon that ends it.
    #[error("a user of {host} must have a name without a colon")]
    Username {
        /// Whose login it is.
        host: String,
    },
    /// There is no password.
    #[error("the password for {host} is empty")]
    Password {
        /// Whose login it is.
        host: String,
    },
}

impl RegistryLogin {
    /// A login to `host`, which is a bare one or has a port.
    pub fn new(host: &str, username: &str, password: SecretString) -> Result<Self, InvalidLogin> {
        let host = bare_host(host)?;
        if username.is_empty() || username.contains(':') {
            return Err(InvalidLogin::Username { host });
        }
        if password.expose_secret().is_empty() {
            return Err(InvalidLogin::Password { host });
        }
        Ok(Self {
            host,
            username: username.to_owned(),
            password,
        })
    }

    /// The bare host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The user.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The password.
    pub fn password(&self) -> &SecretString {
        &self.password
    }

    /// What docker configs call `auth`: user, colon and password in padded base64.
    pub fn auth(&self) -> Zeroizing<String> {
        user_pass(&self.username, &self.password)
    }
}

/// A host with nothing around it but a port.
pub(crate) fn bare_host(host: &str) -> Result<String, InvalidLogin> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    let host = host.to_owned();
    if host.is_empty() || !host.bytes().all(allowed) {
        return Err(InvalidLogin::Host { host });
    }
    Ok(host)
}

/// User, colon and password in padded base64, in a buffer that is not moved.
///
/// [RFC 7617](https://www.rfc-editor.org/rfc/rfc7617#section-2)
pub(crate) fn user_pass(username: &str, password: &SecretString) -> Zeroizing<String> {
    let password = password.expose_secret();
    let size = username.len() + 1 + password.len();
    let mut plain = Zeroizing::new(Vec::with_capacity(size));
    for part in [username, ":", password] {
        plain.extend_from_slice(part.as_bytes());
    }
    let mut encoded = Zeroizing::new(String::with_capacity(size.div_ceil(3) * 4));
    STANDARD.encode_string(&plain, &mut encoded);
    encoded
}

/// Shows whose login it is, never the password.
impl fmt::Debug for RegistryLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryLogin")
            .field("host", &self.host)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

impl Fault for InvalidLogin {
    fn fault(&self) -> FaultKind {
        FaultKind::Configuration
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_shows_no_password() {
        let login = RegistryLogin::new("public.ecr.aws", "AWS", "hunter2".into()).unwrap();
        assert_eq!(
            format!("{login:?}"),
            r#"RegistryLogin { host: "public.ecr.aws", username: "AWS", .. }"#
        );
    }

    /// <https://www.rfc-editor.org/rfc/rfc7617#section-2>
    #[test]
    fn auth_is_that_of_the_basic_scheme() {
        let login = RegistryLogin::new("h", "Aladdin", "open sesame".into()).unwrap();
        let auth = login.auth();
        assert_eq!(*auth, "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(auth.capacity(), auth.len());
    }

    #[test]
    fn what_readers_would_take_for_something_else_is_refused() {
        let refused = |host: &str, username, password: &str| {
            RegistryLogin::new(host, username, password.into())
                .unwrap_err()
                .to_string()
        };
        for host in ["", "https://h", "h/team", "*.h", "h h", "u@h", "h\n", "ü"] {
            let message =
                format!("{host:?} is not the bare host of a registry (host or host:port)");
            assert_eq!(refused(host, "AWS", "secret"), message);
        }
        for username in ["", "A:WS"] {
            assert_eq!(
                refused("h", username, "secret"),
                "a user of h must have a name without a colon"
            );
        }
        assert_eq!(refused("h", "AWS", ""), "the password for h is empty");
        assert!(RegistryLogin::new("[::1]:5000", "AWS", "secret".into()).is_ok());
    }
}
