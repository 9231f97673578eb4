use std::fmt;
use std::str::FromStr;

/// The twelve digits of an account.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AccountId(String);

/// A text that cannot be an account's id.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0:?} is not an account (twelve digits)")]
pub struct InvalidAccountId(pub String);

impl AccountId {
    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = InvalidAccountId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAccountId(text.to_owned()))
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_twelve_ascii_digits() {
        let account: AccountId = "012345678901".parse().unwrap();
        assert_eq!(account.to_string(), "012345678901");
        for text in [
            "",
            "12345678901",
            "1234567890123",
            "12345678901a",
            "１２３４",
        ] {
            let refused = text.parse::<AccountId>();
            assert_eq!(refused, Err(InvalidAccountId(text.to_owned())));
        }
    }
}
