use std::fmt;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use zeroize::Zeroizing;

use crate::context::{Context, read_file};
use crate::failure::Failure;
use crate::resolved::{Origin, Sourced};
use crate::stdin;

/// Where a certificate or a key stands.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A file.
    File(PathBuf),
    /// Standard input, which is read once.
    Stdin,
    /// A token.
    #[cfg(feature = "pkcs11")]
    Token(Box<rolesanywhere::Pkcs11Uri>),
    /// A variable that holds the text itself.
    Variable { name: String, text: Text },
}

/// A text that may hold a key.
#[derive(Clone)]
pub(crate) struct Text(Zeroizing<Vec<u8>>);

impl Place {
    /// The place that a setting names, or the text that its sibling for texts
    /// (`NAME-pem`) holds.
    pub(crate) fn named(
        context: &Context<'_>,
        name: &'static str,
    ) -> Result<Option<Self>, Failure> {
        let text = text_setting(name);
        let strongest = context.settings.strongest(&[name, text])?;
        let Some((found, Sourced { value, origin })) = strongest else {
            return Ok(None);
        };
        if found == text {
            return Ok(Some(Self::Variable {
                name: origin.to_string(),
                text: Text(Zeroizing::new(value.into_bytes())),
            }));
        }
        match value.as_str() {
            "-" => Ok(Some(Self::Stdin)),
            uri if uri.starts_with("pkcs11:") => token(uri, &origin).map(Some),
            _ => Ok(context.settings.path(name)?.map(Self::File)),
        }
    }

    /// What stands there.
    pub(crate) fn read(&self) -> Result<Zeroizing<Vec<u8>>, Failure> {
        match self {
            Self::File(path) => read_file(path),
            Self::Stdin => standard_input(),
            Self::Variable { text, .. } => Ok(text.0.clone()),
            #[cfg(feature = "pkcs11")]
            Self::Token(_) => Err(Failure::configuration(
                "config.invalid",
                format!("{self} is a token: only certificate and private key may stand on one"),
            )),
        }
    }

    /// The file, where it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            _ => None,
        }
    }
}

#[cfg(any(feature = "vault", test))]
impl From<PathBuf> for Place {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Stdin => f.write_str("standard input"),
            Self::Variable { name, .. } => f.write_str(name),
            #[cfg(feature = "pkcs11")]
            Self::Token(uri) => uri.fmt(f),
        }
    }
}

/// Shows nothing: it may be a key.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(..)")
    }
}

#[cfg(feature = "pkcs11")]
fn token(uri: &str, origin: &Origin) -> Result<Place, Failure> {
    let invalid = |error: rolesanywhere::InvalidPkcs11Uri| origin.invalid(&error.to_string());
    Ok(Place::Token(Box::new(uri.parse().map_err(invalid)?)))
}

#[cfg(not(feature = "pkcs11"))]
fn token(_: &str, origin: &Origin) -> Result<Place, Failure> {
    Err(origin
        .invalid("this build has no PKCS#11")
        .with_hint("build it with the feature pkcs11; a static binary cannot load token libraries"))
}

fn text_setting(name: &str) -> &'static str {
    match name {
        "certificate" => "certificate-pem",
        "private-key" => "private-key-pem",
        _ => "intermediates-pem",
    }
}

/// All of standard input: what was read the first time, as it can be read only
/// once, and one text may hold both certificate and key.
fn standard_input() -> Result<Zeroizing<Vec<u8>>, Failure> {
    static READ: OnceLock<Zeroizing<Vec<u8>>> = OnceLock::new();
    if let Some(text) = READ.get() {
        return Ok(text.clone());
    }
    if std::io::stdin().is_terminal() {
        tracing::info!("reading PEM from standard input");
    }
    let problem = match stdin::read(private_file::LIMIT) {
        Err(error) => format!("cannot be read: {error}"),
        Ok(text) if text.is_empty() => "is empty".to_owned(),
        Ok(text) if text.len() > private_file::LIMIT => "is too long".to_owned(),
        Ok(text) => return Ok(READ.get_or_init(|| text).clone()),
    };
    let message = format!("standard input {problem}");
    Err(Failure::configuration("file.invalid", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_text() {
        let place = Place::Variable {
            name: "IAMRA_PRIVATE_KEY_PEM".to_owned(),
            text: Text(Zeroizing::new(b"hunter2".to_vec())),
        };
        assert!(!format!("{place:?}").contains("hunter2"));
        assert_eq!(place.to_string(), "IAMRA_PRIVATE_KEY_PEM");
    }
}
