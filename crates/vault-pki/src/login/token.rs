use async_trait::async_trait;
use secrecy::SecretString;

use super::{Credential, LoginExchange, LoginMethod};
use crate::{Error, InvalidToken, Token};

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

    fn is_login(&self) -> bool {
        false
    }

    fn is_repeatable(&self) -> bool {
        false
    }

    async fn credential(&self, _: &LoginExchange<'_>) -> Result<Credential, Error> {
        Ok(Credential::Foreign(self.0.clone()))
    }
}
