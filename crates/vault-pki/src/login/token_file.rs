use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};

use super::{LoginExchange, LoginMethod};
use crate::envelope::WrapInfo;
use crate::secret_file;
use crate::{Error, Session, Token};

/// A file with a token: what `vault login` leaves in `~/.vault-token`, or the
/// sink of an Agent. Read at each use, because an Agent rotates it.
///
/// A sink with `wrap_ttl` holds a wrapping token as JSON; it is unwrapped once
/// and the token remembered until the file changes.
#[derive(Debug)]
pub struct TokenFileLogin {
    path: PathBuf,
    unwrapped: Mutex<Option<Unwrapped>>,
}

#[derive(Clone, Debug)]
struct Unwrapped {
    wrapping: Token,
    token: Token,
}

impl TokenFileLogin {
    /// A file, which need not be there yet.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            unwrapped: Mutex::new(None),
        }
    }

    fn remembered(&self, wrapping: &Token) -> Option<Token> {
        let unwrapped = self.unwrapped.lock();
        let unwrapped = unwrapped.unwrap_or_else(PoisonError::into_inner);
        let known = unwrapped.as_ref()?;
        (known.wrapping == *wrapping).then(|| known.token.clone())
    }
}

#[async_trait]
impl LoginMethod for TokenFileLogin {
    fn name(&self) -> &'static str {
        "token-file"
    }

    async fn log_in(&self, exchange: &LoginExchange<'_>) -> Result<Session, Error> {
        let text = secret_file::read("token file", &self.path)?;
        let Some(wrapping) = wrapping_token(&text)? else {
            return Ok(Session::foreign(Token::new(&text)?));
        };
        if let Some(token) = self.remembered(&wrapping) {
            return Ok(Session::foreign(token));
        }
        let token = exchange.unwrap(&wrapping).await?;
        tracing::info!(path = %self.path.display(), "unwrapped the token of a file");
        let unwrapped = Unwrapped {
            wrapping,
            token: token.clone(),
        };
        *self
            .unwrapped
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(unwrapped);
        Ok(Session::foreign(token))
    }
}

/// The wrapping token, where the text is the JSON of one. No token begins with
/// a brace.
fn wrapping_token(text: &SecretString) -> Result<Option<Token>, Error> {
    let text = text.expose_secret();
    if !text.starts_with('{') {
        return Ok(None);
    }
    match crate::envelope::read::<WrapInfo>(text.as_bytes()) {
        Ok(info) => Ok(Some(Token::new(&info.token)?)),
        Err(_) => Err(crate::InvalidToken::Malformed.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrap_info_is_told_from_a_token() {
        let wrapping = |text: &str| wrapping_token(&text.into());
        assert!(wrapping("hvs.abc").unwrap().is_none());
        let json = r#"{"token":"s.w","accessor":"a","ttl":60,"creation_path":"sys/wrapping/wrap"}"#;
        assert_eq!(
            wrapping(json).unwrap(),
            Some(Token::new(&"s.w".into()).unwrap())
        );
        assert!(wrapping(r#"{"accessor":"a"}"#).is_err());
        assert!(wrapping("{").is_err());
    }

    #[test]
    fn debug_shows_no_token() {
        let login = TokenFileLogin::new("/t".into());
        let token = Token::new(&"hunter2".into()).unwrap();
        *login.unwrapped.lock().unwrap() = Some(Unwrapped {
            wrapping: token.clone(),
            token,
        });
        assert!(!format!("{login:?}").contains("hunter2"));
    }
}
