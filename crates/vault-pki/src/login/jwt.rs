use std::fmt::Debug;

use async_trait::async_trait;
use secrecy::SecretString;

use super::{Credential, LoginExchange, LoginMethod, SecretSource};
use crate::{Error, Mount, backend};

/// A login with a JWT of whoever the mount trusts: GitHub, GitLab, any OIDC
/// provider.
#[derive(Debug)]
pub struct JwtLogin {
    /// The mount of the auth method, usually `jwt`.
    pub mount: Mount,
    /// The role of the auth method; where absent, the mount's `default_role`.
    pub role: Option<String>,
    /// Where the JWT comes from.
    pub source: Box<dyn JwtSource>,
}

/// Where a JWT comes from.
///
/// A library runs no command; whoever wants one brings it as a source, and its
/// failures as [`Error::NoJwt`].
#[async_trait]
pub trait JwtSource: Debug + Send + Sync {
    /// The name of the login, as logs show it.
    fn name(&self) -> &'static str {
        "jwt"
    }

    /// Whether it gives another JWT when the last one has expired.
    fn is_repeatable(&self) -> bool;

    /// A JWT. Must end by itself.
    async fn jwt(&self) -> Result<SecretString, Error>;
}

/// A file can be rotated; a text stays what it is.
#[async_trait]
impl JwtSource for SecretSource {
    fn is_repeatable(&self) -> bool {
        matches!(self, Self::File(_))
    }

    async fn jwt(&self) -> Result<SecretString, Error> {
        self.read("JWT")
    }
}

#[async_trait]
impl LoginMethod for JwtLogin {
    fn name(&self) -> &'static str {
        self.source.name()
    }

    fn is_repeatable(&self) -> bool {
        self.source.is_repeatable()
    }

    async fn credential(&self, _: &LoginExchange<'_>) -> Result<Credential, Error> {
        let jwt = self.source.jwt().await?;
        Ok(backend::jwt_login(&self.mount, self.role.as_deref(), &jwt)?.into())
    }
}
