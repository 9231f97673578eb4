use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use k8s_sinks::kubernetes::{Authorization, Error, NoAuthorization, Token, TokenFile};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::exec_plugin::ExecPlugin;
use super::kubeconfig::{UserEntry, invalid};
use crate::explanation::cluster;
use crate::failure::Failure;

/// How requests say who we are, beside a client certificate.
#[derive(Clone, Debug)]
pub(super) enum Credentials {
    /// Nothing, or the client certificate.
    Nothing,
    Token(SecretString),
    TokenFile(PathBuf),
    Password(Arc<Password>),
    Plugin(Arc<ExecPlugin>),
}

/// A user and a password (RFC 7617), which some proxies before a cluster take.
pub(super) struct Password(HeaderValue);

impl Credentials {
    /// What stands in a user; a program is asked only where nothing else does.
    pub(super) fn of(user: &UserEntry) -> Result<Self, Failure> {
        refuse_what_we_do_not_do(user)?;
        let is_token = user.token.is_given() || user.token_file.is_given();
        let is_password = user.username.is_given() || user.password.is_given();
        if is_token && is_password {
            return Err(invalid("the user has a token and a password"));
        }
        Ok(if let Some(path) = user.token_file.get() {
            Self::TokenFile(path.into())
        } else if let Some(token) = user.token.get() {
            Self::Token(token.to_owned().into())
        } else if is_password {
            Self::Password(Arc::new(Password::of(user)?))
        } else {
            Self::Nothing
        })
    }

    /// The same for requests.
    pub(super) fn authorization(&self) -> Arc<dyn Authorization> {
        match self {
            Self::Nothing => Arc::new(NoAuthorization),
            Self::Token(token) => Arc::new(Token::new(token.clone())),
            Self::TokenFile(path) => Arc::new(TokenFile::new(path.clone())),
            Self::Password(password) => Arc::clone(password) as _,
            Self::Plugin(plugin) => Arc::clone(plugin) as _,
        }
    }
}

impl Password {
    fn of(user: &UserEntry) -> Result<Self, Failure> {
        let (name, password) = (user.username.as_str(), user.password.as_str());
        let pair = Zeroizing::new([name, ":", password].concat());
        let pair = Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes()));
        let header = Zeroizing::new(["Basic ", &pair].concat());
        let header = HeaderValue::from_str(&header);
        let mut header = header.map_err(|_| invalid("the user's password cannot be sent"))?;
        header.set_sensitive(true);
        Ok(Self(header))
    }
}

#[async_trait::async_trait]
impl Authorization for Password {
    async fn header(&self) -> Result<Option<HeaderValue>, Error> {
        Ok(Some(self.0.clone()))
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

/// What would make somebody else of us, were it passed over.
fn refuse_what_we_do_not_do(user: &UserEntry) -> Result<(), Failure> {
    if user.auth_provider.is_some() {
        return Err(
            invalid("the user has an auth-provider, which kubectl has no more either")
                .with_hint(cluster::AUTH_PROVIDER.fix),
        );
    }
    let is_named = user.as_user.is_given() || user.as_uid.is_given();
    if is_named || user.as_groups.is_some() || user.as_user_extra.is_some() {
        return Err(invalid(
            "the user impersonates another one (as, as-groups), which iamra does not do",
        )
        .with_hint("use a token of that user: kubectl create token NAME"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let user = UserEntry {
            username: "admin".into(),
            password: "hunter2".into(),
            ..UserEntry::default()
        };
        let credentials = Credentials::of(&user).unwrap();
        assert_eq!(format!("{credentials:?}"), "Password(Password(..))");
        let token = Credentials::Token("hunter2".to_owned().into());
        assert!(!format!("{token:?}").contains("hunter2"), "{token:?}");
        assert_eq!(format!("{:?}", user.password), "..");
    }

    #[tokio::test]
    async fn a_password_is_sent_as_http_has_it() {
        let user = UserEntry {
            username: "Aladdin".into(),
            password: "open sesame".into(),
            ..UserEntry::default()
        };
        let authorization = Credentials::of(&user).unwrap().authorization();
        let header = authorization.header().await.unwrap().unwrap();
        assert_eq!(header, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(header.is_sensitive());
    }
}
