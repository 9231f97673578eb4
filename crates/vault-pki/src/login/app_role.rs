use async_trait::async_trait;
use secrecy::SecretString;

use super::wrapping::{self, Unwrapped};
use super::{Credential, LoginExchange, LoginMethod, SecretSource, WrappedSecret};
use crate::{Error, Mount, Token, backend};

/// A login as an `AppRole`: `role_id` says who, `secret_id` proves it.
///
/// A `secret_id` may be good for a few logins only, so the token is kept as
/// long as it can be renewed. Its file is never deleted: it is not ours.
#[derive(Debug)]
pub struct AppRoleLogin {
    mount: Mount,
    role_id: SecretSource,
    secret_id: Option<SecretSource>,
    wrapped: Option<WrappedSecret>,
    unwrapped: Unwrapped,
}

impl AppRoleLogin {
    /// A login at `mount`, usually `approle`; without a `secret_id`, where the
    /// role wants none (`bind_secret_id = false`).
    pub fn new(mount: Mount, role_id: SecretSource, secret_id: Option<SecretSource>) -> Self {
        Self {
            mount,
            role_id,
            secret_id,
            wrapped: None,
            unwrapped: Unwrapped::default(),
        }
    }

    /// What stands in the place of the `secret_id` is a wrapping token: plain,
    /// or the JSON that Vault answers. It is unwrapped once, and what is inside
    /// remembered until another one stands there.
    #[must_use]
    pub fn wrapped(mut self, wrapped: WrappedSecret) -> Self {
        self.wrapped = Some(wrapped);
        self
    }

    async fn secret_id(&self, exchange: &LoginExchange<'_>) -> Result<Option<SecretString>, Error> {
        let Some(source) = &self.secret_id else {
            return Ok(None);
        };
        let Some(wrapped) = &self.wrapped else {
            return source.read("secret_id").map(Some);
        };
        let text = source.read("wrapping token of the secret_id")?;
        let token = match wrapping::from_json(&text)? {
            Some(token) => token,
            None => Token::new(&text)?,
        };
        let origin = source.to_string();
        let look = wrapped.check((&token, &origin), &self.mount, exchange);
        let unwrap = async {
            let secret_id = exchange.unwrap_secret_id(&token, &origin).await?;
            tracing::info!(origin, "unwrapped the secret_id");
            Ok(secret_id)
        };
        let opened = self.unwrapped.open((&token, &origin), look, unwrap);
        opened.await.map(Some)
    }
}

#[async_trait]
impl LoginMethod for AppRoleLogin {
    fn name(&self) -> &'static str {
        "approle"
    }

    fn is_repeatable(&self) -> bool {
        false
    }

    async fn credential(&self, exchange: &LoginExchange<'_>) -> Result<Credential, Error> {
        let role_id = self.role_id.read("role_id")?;
        let secret_id = self.secret_id(exchange).await?;
        let request = backend::app_role_login(&self.mount, &role_id, secret_id.as_ref())?;
        Ok(request.into())
    }
}
