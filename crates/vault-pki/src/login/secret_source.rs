use std::fmt;
use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};

use crate::{Error, secret_file};

/// A secret that is given, or stands in a file, which is read at each use.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SecretSource {
    /// The secret itself.
    Text(SecretString),
    /// A file that holds nothing but it.
    File(PathBuf),
}

impl SecretSource {
    /// The secret, without the white space around it. `what` it is, errors say.
    pub(crate) fn read(&self, what: &'static str) -> Result<SecretString, Error> {
        match self {
            Self::File(path) => secret_file::read(what, path),
            Self::Text(text) => match text.expose_secret().trim() {
                "" => Err(Error::EmptySecret { what }),
                text => Ok(text.into()),
            },
        }
    }
}

/// Where it is from: `/run/secret-id`, or `(a given text)`.
impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("(a given text)"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trimmed_and_never_shown() {
        let source = SecretSource::Text(" hunter2\n".into());
        assert_eq!(source.read("password").unwrap().expose_secret(), "hunter2");
        assert!(!format!("{source:?} {source}").contains("hunter2"));
        let error = SecretSource::Text(" \n".into()).read("password");
        assert_eq!(error.unwrap_err().to_string(), "the password is empty");
    }
}
