use std::fmt;

use serde_json::{Value, json};

use super::Attempt;
use crate::random::{ALPHANUMERIC, Random};
use crate::vault::VaultError;

/// The userpass login and its one user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct User {
    /// Where the login is mounted, below `auth/`.
    pub mount: String,
    /// The user's name.
    pub name: String,
}

impl Default for User {
    /// A user `iamra`.
    fn default() -> Self {
        Self {
            mount: "userpass".into(),
            name: "iamra".into(),
        }
    }
}

/// The user with a password that was made up.
pub(crate) struct UserLogin {
    pub(crate) user: User,
    pub(crate) password: String,
}

impl fmt::Debug for UserLogin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UserLogin")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl UserLogin {
    pub(super) fn new(user: User, random: &Random) -> Self {
        Self {
            user,
            password: random.text::<24>(ALPHANUMERIC),
        }
    }

    pub(super) fn check(&self, attempt: Attempt<'_>) -> Result<(String, Value), VaultError> {
        let password = attempt.fields.text("password")?;
        if password.is_empty() {
            return Err(VaultError::plain_internal("missing password"));
        }
        // Names are case-insensitive, as in Vault.
        let name = attempt.name.to_lowercase();
        if name != self.user.name || password != self.password {
            return Err(VaultError::bad_request("invalid username or password"));
        }
        Ok((name, json!({ "username": self.user.name })))
    }
}
