use async_trait::async_trait;
use secrecy::SecretString;

use super::{LoginExchange, LoginMethod};
use crate::{Error, InvalidToken, Session, Token};

/// A token that somebody else has obtained. It is never revoked.
#[derive(Clone, Debug)]
pub struct TokenLogin(Token);

impl TokenLogin {
    /// Takes the token.
    pub fn new(token: &SecretString) -> Result<Self, InvalidToken> {
        Token::new(token).map(Self)
    }
}

#[async_trait]
impl LoginMethod for TokenLogin {
    fn name(&self) -> &'static str {
        "token"
    }

    async fn log_in(&self, _: &LoginExchange<'_>) -> Result<Session, Error> {
        Ok(Session::foreign(self.0.clone()))
    }
}
