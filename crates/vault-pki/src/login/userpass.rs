use async_trait::async_trait;

use super::{Credential, LoginExchange, LoginMethod, SecretSource};
use crate::path::segment;
use crate::{Error, Mount, backend};

/// A login with a name and a password: `userpass`, and whatever else takes
/// them at `login/<name>` (`ldap`, `radius`).
#[derive(Clone, Debug)]
pub struct UserpassLogin {
    /// The mount of the auth method, usually `userpass`.
    pub mount: Mount,
    /// The name.
    pub username: String,
    /// The password.
    pub password: SecretSource,
}

#[async_trait]
impl LoginMethod for UserpassLogin {
    fn name(&self) -> &'static str {
        "userpass"
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn credential(&self, _: &LoginExchange<'_>) -> Result<Credential, Error> {
        let username = segment(&self.username)?;
        let password = self.password.read("password")?;
        let request = backend::userpass_login(&self.mount, &username, &password)?;
        Ok(request.into())
    }
}
