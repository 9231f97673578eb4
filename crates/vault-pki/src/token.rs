use std::fmt;

use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

/// A token of Vault, fit for a header.
///
/// Nothing is assumed of its form: Vault's begin with `hvs.`, OpenBao's with
/// `s.`, and either may change that.
#[derive(Clone)]
pub struct Token(SecretString);

/// A text that cannot be sent as a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidToken {
    /// There is nothing but white space.
    #[error("the token is empty")]
    Empty,
    /// There is a line break or another character that no header can hold.
    #[error("the token holds a character that a token cannot hold")]
    Malformed,
}

impl Token {
    /// Takes a token without the white space around it, such as the line break
    /// at the end of a file.
    pub fn new(text: &SecretString) -> Result<Self, InvalidToken> {
        let text = text.expose_secret().trim();
        if text.is_empty() {
            return Err(InvalidToken::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidToken::Malformed);
        }
        Ok(Self(text.into()))
    }

    pub(crate) fn text(&self) -> &SecretString {
        &self.0
    }

    /// The header's value, which no log shows.
    pub(crate) fn header(&self) -> Result<HeaderValue, InvalidToken> {
        let mut value =
            HeaderValue::from_str(self.0.expose_secret()).map_err(|_| InvalidToken::Malformed)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Shows nothing.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for Token {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_newline_at_the_end_is_cut_and_one_inside_refused() {
        let token = |text: &str| Token::new(&text.into());
        assert_eq!(token("s.abc\n").unwrap(), token(" s.abc ").unwrap());
        assert_eq!(token("s.a\nbc").unwrap_err(), InvalidToken::Malformed);
        assert_eq!(token("s.ü").unwrap_err(), InvalidToken::Malformed);
        assert_eq!(token(" \n").unwrap_err(), InvalidToken::Empty);
    }

    #[test]
    fn neither_debug_shows_it() {
        let token = Token::new(&"hunter2".into()).unwrap();
        assert_eq!(format!("{token:?}"), "Token");
        assert_eq!(format!("{:?}", token.header().unwrap()), "Sensitive");
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_can_be_sent(text in any::<String>()) {
            if let Ok(token) = Token::new(&text.into()) {
                prop_assert!(token.header().is_ok());
            }
        }
    }
}
