use std::fmt;
use std::path::PathBuf;

use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::Error;

/// How requests to the cluster are authorized, beside a client certificate.
#[async_trait::async_trait]
pub trait Authorization: fmt::Debug + Send + Sync {
    /// The `Authorization` header of the next request, marked as sensitive;
    /// `None` where there is none.
    async fn header(&self) -> Result<Option<HeaderValue>, Error>;

    /// The server did not accept the last header: another one is needed, if
    /// there is one. Says whether asking again makes sense.
    async fn refused(&self) -> bool {
        false
    }
}

/// Nothing but the connection's own client certificate, if there is one.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAuthorization;

#[async_trait::async_trait]
impl Authorization for NoAuthorization {
    async fn header(&self) -> Result<Option<HeaderValue>, Error> {
        Ok(None)
    }
}

/// A bearer token that does not change.
pub struct Token(SecretString);

impl Token {
    /// This token.
    pub fn new(token: SecretString) -> Self {
        Self(token)
    }
}

#[async_trait::async_trait]
impl Authorization for Token {
    async fn header(&self) -> Result<Option<HeaderValue>, Error> {
        bearer(self.0.expose_secret()).map(Some)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// A bearer token in a file, read anew for each request: kubelet replaces a
/// projected one long before it ends.
///
/// [Service account tokens](https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken)
#[derive(Clone, Debug)]
pub struct TokenFile(PathBuf);

impl TokenFile {
    /// The token in this file.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }
}

#[async_trait::async_trait]
impl Authorization for TokenFile {
    async fn header(&self) -> Result<Option<HeaderValue>, Error> {
        let unreadable = |reason: String| Error::NoAuthorization {
            reason: format!("the token in {}: {reason}", self.0.display()),
            // It is being replaced, or not yet projected.
            may_pass: true,
        };
        let contents = private_file::read_private(&self.0);
        let contents = contents.map_err(|error| unreadable(error.to_string()))?;
        let text = std::str::from_utf8(&contents);
        let text = text.map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
        match text.trim() {
            "" => Err(unreadable("it is empty".to_owned())),
            token => bearer(token).map(Some),
        }
    }
}

/// The header with this token, which nobody prints.
pub(crate) fn bearer(token: &str) -> Result<HeaderValue, Error> {
    let text = Zeroizing::new(["Bearer ", token].concat());
    let mut header = HeaderValue::from_str(&text).map_err(|_| Error::NoAuthorization {
        reason: "the token has characters that no token has".to_owned(),
        may_pass: false,
    })?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_is_not_shown() {
        let token = Token::new("hunter2".into());
        let header = token.header().await.unwrap().unwrap();
        assert_eq!(header, "Bearer hunter2");
        for shown in [format!("{token:?}"), format!("{header:?}")] {
            assert!(!shown.contains("hunter"), "{shown}");
        }
        let broken = bearer("hunter\n2").unwrap_err();
        assert!(!format!("{broken} {broken:?}").contains("hunter"));
    }

    #[tokio::test]
    async fn a_file_without_a_token_may_have_one_soon() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let file = TokenFile::new(path.clone());
        for (contents, told) in [
            (None, "token"),
            (Some(&b" \n"[..]), "it is empty"),
            (Some(b"\xff"), "it is not UTF-8"),
        ] {
            if let Some(contents) = contents {
                #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
                std::fs::write(&path, contents).unwrap();
            }
            let error = file.header().await.unwrap_err();
            let Error::NoAuthorization { reason, may_pass } = error else {
                panic!("{error}");
            };
            assert!(may_pass && reason.contains(told), "{reason}");
        }
    }
}
