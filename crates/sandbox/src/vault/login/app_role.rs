use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use secrecy::SecretString;
use serde_json::{Value, json};

use super::Attempt;
use crate::answer::Answer;
use crate::random::Random;
use crate::vault::{Conditions, Envelope, VaultError};

/// The `AppRole` login and its one role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AppRole {
    /// Where the login is mounted, below `auth/`.
    pub mount: String,
    /// The role's name.
    pub name: String,
    /// Whether a `secret_id` is needed.
    pub bind_secret_id: bool,
    /// How long a `secret_id` is good; zero for ever.
    pub secret_id_ttl: Duration,
    /// For how many logins; 0 for any number.
    pub secret_id_num_uses: u32,
}

impl Default for AppRole {
    /// A role `iamra` whose secret ids are good for an hour and three logins.
    fn default() -> Self {
        Self {
            mount: "approle".into(),
            name: "iamra".into(),
            bind_secret_id: true,
            secret_id_ttl: Duration::from_secs(60 * 60),
            secret_id_num_uses: 3,
        }
    }
}

/// What a client logs in with.
#[derive(Clone)]
pub struct AppRoleCredentials {
    /// The role's id, which is no secret.
    pub role_id: String,
    /// A `secret_id`, or a token that wraps one.
    pub secret_id: SecretString,
}

impl fmt::Debug for AppRoleCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AppRoleCredentials")
            .field("role_id", &self.role_id)
            .finish_non_exhaustive()
    }
}

/// The role and its secret ids.
pub(crate) struct AppRoleLogin {
    pub(crate) role: AppRole,
    pub(crate) role_id: String,
    secret_ids: Mutex<HashMap<String, SecretId>>,
}

struct SecretId {
    expires: SystemTime,
    /// None for any number.
    uses_left: Option<u32>,
}

impl fmt::Debug for AppRoleLogin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AppRoleLogin")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl AppRoleLogin {
    pub(super) fn new(role: AppRole, random: &Random) -> Self {
        Self {
            role_id: random.uuid(),
            secret_ids: Mutex::default(),
            role,
        }
    }

    /// Where secret ids are made, below `auth/`.
    pub(crate) fn secret_id_path(&self) -> String {
        format!("auth/{}/role/{}/secret-id", self.role.mount, self.role.name)
    }

    /// Makes a `secret_id`.
    pub(crate) fn secret_id(&self, conditions: Conditions<'_>) -> Value {
        let Conditions {
            now,
            random,
            ledger,
            ..
        } = conditions;
        let secret_id = random.uuid();
        ledger.note_secret(&secret_id);
        let uses = self.role.secret_id_num_uses;
        let entry = SecretId {
            expires: now + self.secret_id_life(),
            uses_left: (uses > 0).then_some(uses),
        };
        let mut secret_ids = self.lock();
        secret_ids.retain(|_, it| now < it.expires);
        secret_ids.insert(secret_id.clone(), entry);
        json!({
            "secret_id": secret_id,
            "secret_id_accessor": random.uuid(),
            "secret_id_num_uses": uses,
            "secret_id_ttl": self.role.secret_id_ttl.as_secs(),
        })
    }

    /// For ever is a century here.
    fn secret_id_life(&self) -> Duration {
        match self.role.secret_id_ttl {
            Duration::ZERO => Duration::from_secs(100 * 365 * 24 * 60 * 60),
            ttl => ttl,
        }
    }

    /// What an operator asks of the role; none for another path.
    pub(in crate::vault) fn operator_answer(
        &self,
        method: &str,
        path: &str,
        conditions: Conditions<'_>,
    ) -> Option<Answer> {
        let secret_id_path = self.secret_id_path();
        let data = match method {
            "POST" | "PUT" if path == secret_id_path => self.secret_id(conditions),
            "GET" if path == secret_id_path.replace("secret-id", "role-id") => {
                json!({ "role_id": self.role_id })
            }
            _ => return None,
        };
        Some(Envelope::data(data).answer(conditions.random))
    }

    pub(super) fn check(&self, attempt: Attempt<'_>) -> Result<(String, Value), VaultError> {
        let role_id = attempt.fields.text("role_id")?;
        if role_id.is_empty() {
            return Err(VaultError::bad_request("missing role_id"));
        }
        let invalid = || VaultError::bad_request("invalid role or secret ID");
        if role_id != self.role_id {
            return Err(invalid());
        }
        if self.role.bind_secret_id {
            let secret_id = attempt.fields.text("secret_id")?;
            match secret_id.trim() {
                "" => return Err(VaultError::bad_request("missing secret_id")),
                secret_id => self.spend(secret_id, attempt.now).ok_or_else(invalid)?,
            }
        }
        Ok((role_id, json!({ "role_name": self.role.name })))
    }

    /// One use of a `secret_id`, if it is good.
    fn spend(&self, secret_id: &str, now: SystemTime) -> Option<()> {
        let mut secret_ids = self.lock();
        let entry = secret_ids.get_mut(secret_id)?;
        if entry.expires <= now {
            return None;
        }
        if let Some(uses_left) = &mut entry.uses_left {
            *uses_left -= 1;
            if *uses_left == 0 {
                secret_ids.remove(secret_id);
            }
        }
        Some(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, SecretId>> {
        self.secret_ids
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let credentials = AppRoleCredentials {
            role_id: "role".into(),
            secret_id: "canary".to_owned().into(),
        };
        assert_eq!(
            format!("{credentials:?}"),
            r#"AppRoleCredentials { role_id: "role", .. }"#
        );
    }
}
