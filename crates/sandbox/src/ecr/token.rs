use std::fmt;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::latest::{Ending, Latest};

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

impl Ending for RegistryToken {
    fn end(&self) -> SystemTime {
        self.expires_at
    }
}

/// Every token, by its password.
#[derive(Debug, Default)]
pub(crate) struct RegistryTokens(Latest<RegistryToken>);

impl RegistryTokens {
    pub(super) fn insert(&self, token: RegistryToken) {
        self.0.insert(token.password.clone(), token);
    }

    /// The token with that password, expired or not.
    pub(crate) fn find(&self, password: &str) -> Option<RegistryToken> {
        self.0.find(password)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let token = RegistryToken {
            password: "canary".into(),
            scope: TokenScope::Public,
            account: "123456789012".into(),
            caller_arn: "arn".into(),
            expires_at: SystemTime::UNIX_EPOCH,
        };
        assert_eq!(
            format!("{token:?}"),
            r#"RegistryToken { scope: Public, caller_arn: "arn", .. }"#
        );
    }
}
