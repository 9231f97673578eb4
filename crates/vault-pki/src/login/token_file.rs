use std::path::PathBuf;

use async_trait::async_trait;

use super::wrapping::{self, Unwrapped};
use super::{Credential, LoginExchange, LoginMethod};
use crate::{Error, Token, secret_file};

/// A file with a token: what `vault login` leaves in `~/.vault-token`, or the
/// sink of an Agent. Read at each use, because an Agent rotates it.
///
/// A sink with `wrap_ttl` holds a wrapping token as JSON; it is unwrapped once
/// and the token remembered until the file changes.
#[derive(Debug)]
pub struct TokenFileLogin {
    path: PathBuf,
    unwrapped: Unwrapped,
}

impl TokenFileLogin {
    /// A file, which need not be there yet.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            unwrapped: Unwrapped::default(),
        }
    }
}

#[async_trait]
impl LoginMethod for TokenFileLogin {
    fn name(&self) -> &'static str {
        "token-file"
    }

    fn is_login(&self) -> bool {
        false
    }

    fn is_repeatable(&self) -> bool {
        false
    }

    async fn credential(&self, exchange: &LoginExchange<'_>) -> Result<Credential, Error> {
        let text = secret_file::read("token file", &self.path)?;
        let Some(wrapping) = wrapping::from_json(&text)? else {
            return Ok(Credential::Foreign(Token::new(&text)?));
        };
        let origin = self.path.display().to_string();
        let unwrap = async {
            let token = exchange.unwrap(&wrapping, &origin).await?;
            tracing::info!(path = origin, "unwrapped the token of a file");
            Ok(token.text().clone())
        };
        let nothing_to_look_at = async { Ok(()) };
        let opened = self
            .unwrapped
            .open((&wrapping, &origin), nothing_to_look_at, unwrap);
        Ok(Credential::Foreign(Token::new(&opened.await?)?))
    }
}
