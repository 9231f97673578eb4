use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A password for registries.
#[derive(Clone)]
pub(crate) struct RegistryToken {
    pub(crate) password: String,
    pub(crate) scope: TokenScope,
    /// The account of who asked.
    pub(crate) account: String,
    /// Who asked: `arn:aws:sts::…:assumed-role/…`.
    pub(crate) caller_arn: String,
    pub(crate) expires_at: SystemTime,
}

/// Which registries take a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum TokenScope {
    /// The private ones of a region, of whatever account.
    Private { region: String },
    /// The public one.
    Public,
}

impl RegistryToken {
    /// What the API answers with and `Basic` authentication takes.
    pub(crate) fn encoded(&self) -> String {
        STANDARD.encode(format!("AWS:{}", self.password))
    }
}

impl fmt::Debug for RegistryToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RegistryToken")
            .field("scope", &self.scope)
            .field("caller_arn", &self.caller_arn)
            .finish_non_exhaustive()
    }
}

/// Every token, by its password.
#[derive(Debug, Default)]
pub(crate) struct RegistryTokens(Mutex<HashMap<String, RegistryToken>>);

impl RegistryTokens {
    pub(super) fn insert(&self, token: RegistryToken) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= MANY {
            // Of a long run, the oldest: nobody comes back with those.
            let mut ends: Vec<_> = tokens.values().map(|it| it.expires_at).collect();
            ends.sort_unstable();
            tokens.retain(|_, it| it.expires_at > ends[MANY / 2]);
        }
        tokens.insert(token.password.clone(), token);
    }

    /// The token with that password, expired or not.
    pub(crate) fn find(&self, password: &str) -> Option<RegistryToken> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(password).cloned()
    }
}

/// No more tokens are remembered.
const MANY: usize = 4096;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn token(number: u64) -> RegistryToken {
        RegistryToken {
            password: format!("canary{number}"),
            scope: TokenScope::Public,
            account: "123456789012".into(),
            caller_arn: "arn".into(),
            expires_at: SystemTime::UNIX_EPOCH + Duration::from_secs(number),
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(
            format!("{:?}", token(1)),
            r#"RegistryToken { scope: Public, caller_arn: "arn", .. }"#
        );
    }

    #[test]
    fn of_a_long_run_the_latest_are_known() {
        let tokens = RegistryTokens::default();
        let count = u64::try_from(2 * MANY).unwrap();
        (0..count).for_each(|number| tokens.insert(token(number)));
        assert!(tokens.find("canary0").is_none());
        assert!(tokens.find(&format!("canary{}", count - 1)).is_some());
        assert!(tokens.0.lock().unwrap().len() <= MANY);
    }
}
