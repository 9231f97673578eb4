use async_trait::async_trait;

use super::{Credential, LoginExchange, LoginMethod};
use crate::Error;

/// No login and no token: an Agent or Proxy between us and Vault adds its own.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct NoLogin;

#[async_trait]
impl LoginMethod for NoLogin {
    fn name(&self) -> &'static str {
        "none"
    }

    fn is_login(&self) -> bool {
        false
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn credential(&self, _: &LoginExchange<'_>) -> Result<Credential, Error> {
        Ok(Credential::Absent)
    }
}
