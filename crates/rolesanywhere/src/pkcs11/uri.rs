use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use secrecy::SecretString;

/// Which object on which token: a `pkcs11:` URI
/// ([RFC 7512](https://www.rfc-editor.org/rfc/rfc7512)).
///
/// Its text without the query is what is shown; a PIN never is.
#[derive(Clone, Default)]
pub struct Pkcs11Uri {
    /// What token, slot and library must be, by the attributes' names.
    places: Vec<(&'static str, String)>,
    pub(super) object: Option<String>,
    pub(super) id: Option<Vec<u8>>,
    pin: Option<PinSource>,
    text: String,
}

/// Where the URI says that the PIN is.
#[derive(Clone)]
#[non_exhaustive]
pub enum PinSource {
    /// In the URI itself, where every user of the machine may see it.
    Value(SecretString),
    /// In a file.
    File(PathBuf),
}

/// A text that is no `pkcs11:` URI.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPkcs11Uri {
    /// It does not begin with `pkcs11:`.
    #[error("it does not begin with pkcs11:")]
    Scheme,
    /// An attribute is not `name=value`, or not percent-encoded as it must be.
    #[error("the attribute {name:?} is malformed")]
    Malformed {
        /// The attribute's name.
        name: String,
    },
    /// An attribute comes twice.
    #[error("the attribute {name:?} comes twice")]
    Twice {
        /// The attribute's name.
        name: String,
    },
    /// An attribute that RFC 7512 does not know.
    #[error("there is no attribute {name:?}")]
    Unknown {
        /// The attribute's name.
        name: String,
    },
    /// The PIN is said to be somewhere that is no file.
    #[error("pin-source must be a file: file:/path")]
    PinSource,
}

impl Pkcs11Uri {
    /// Where the URI says that the PIN is, if it does.
    pub fn pin(&self) -> Option<&PinSource> {
        self.pin.as_ref()
    }

    /// The same token, whatever object: for a key that is not named apart.
    #[must_use]
    pub fn any_object(&self) -> Self {
        Self {
            object: None,
            id: None,
            ..self.clone()
        }
    }

    /// Whether an attribute is what the URI wants; one that it does not name
    /// may be anything.
    pub(super) fn allows(&self, name: &str, value: &str) -> bool {
        let mut wanted = self.places.iter().filter(|(wanted, _)| *wanted == name);
        wanted.all(|(_, wanted)| wanted == value)
    }

    fn add(&mut self, name: &str, value: &str) -> Result<(), InvalidPkcs11Uri> {
        let malformed = || InvalidPkcs11Uri::Malformed {
            name: name.to_owned(),
        };
        let bytes = decoded(value).ok_or_else(malformed)?;
        let text = || String::from_utf8(bytes.clone()).map_err(|_| malformed());
        let is_twice = match name {
            "id" => self.id.replace(bytes).is_some(),
            "object" => self.object.replace(text()?).is_some(),
            // Whether a certificate or a key is meant is known.
            "type" => false,
            _ => {
                let known = PLACES.iter().find(|known| **known == name);
                let known = *known.ok_or_else(|| InvalidPkcs11Uri::Unknown {
                    name: name.to_owned(),
                })?;
                let is_twice = self.places.iter().any(|(other, _)| *other == known);
                self.places.push((known, text()?));
                is_twice
            }
        };
        if is_twice {
            return Err(InvalidPkcs11Uri::Twice {
                name: name.to_owned(),
            });
        }
        Ok(())
    }

    /// Of the query only the PIN matters here; others are for other readers.
    fn add_query(&mut self, name: &str, value: &str) -> Result<(), InvalidPkcs11Uri> {
        let malformed = || InvalidPkcs11Uri::Malformed {
            name: name.to_owned(),
        };
        let text = decoded(value).and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.ok_or_else(malformed)?;
        let pin = match name {
            "pin-value" => PinSource::Value(text.into()),
            "pin-source" => PinSource::File(pin_file(&text)?),
            _ => return Ok(()),
        };
        if self.pin.replace(pin).is_some() {
            return Err(InvalidPkcs11Uri::Twice {
                name: name.to_owned(),
            });
        }
        Ok(())
    }
}

impl FromStr for Pkcs11Uri {
    type Err = InvalidPkcs11Uri;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text
            .strip_prefix("pkcs11:")
            .ok_or(InvalidPkcs11Uri::Scheme)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut uri = Self {
            text: format!("pkcs11:{path}"),
            ..Self::default()
        };
        for attribute in path.split(';').filter(|attribute| !attribute.is_empty()) {
            let (name, value) = parts(attribute)?;
            uri.add(name, value)?;
        }
        for attribute in query.split('&').filter(|attribute| !attribute.is_empty()) {
            let (name, value) = parts(attribute)?;
            uri.add_query(name, value)?;
        }
        Ok(uri)
    }
}

impl fmt::Display for Pkcs11Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Shows what `Display` does: no PIN.
impl fmt::Debug for Pkcs11Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pkcs11Uri").field(&self.text).finish()
    }
}

/// Shows no PIN.
impl fmt::Debug for PinSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(_) => f.write_str("Value(..)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

fn parts(attribute: &str) -> Result<(&str, &str), InvalidPkcs11Uri> {
    attribute
        .split_once('=')
        .ok_or_else(|| InvalidPkcs11Uri::Malformed {
            // What follows the name may be a PIN.
            name: attribute
                .chars()
                .take_while(|letter| letter.is_ascii_lowercase() || *letter == '-')
                .collect(),
        })
}

/// A `file:` URI, or a path.
fn pin_file(text: &str) -> Result<PathBuf, InvalidPkcs11Uri> {
    let path = match text.strip_prefix("file:") {
        Some(rest) => rest
            .strip_prefix("//localhost")
            .or_else(|| rest.strip_prefix("//"))
            .unwrap_or(rest),
        None => text,
    };
    if path.starts_with('/') {
        Ok(path.into())
    } else {
        Err(InvalidPkcs11Uri::PinSource)
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?].map(char::from);
        let [high, low] = digits.map(|digit| digit.to_digit(16));
        bytes.push(u8::try_from(high? * 16 + low?).ok()?);
    }
    Some(bytes)
}

/// RFC 7512, section 2.3.
const PLACES: [&str; 10] = [
    "token",
    "manufacturer",
    "serial",
    "model",
    "library-manufacturer",
    "library-description",
    "library-version",
    "slot-description",
    "slot-manufacturer",
    "slot-id",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_as_the_rfc_writes_them() {
        let uri: Pkcs11Uri = "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;\
            manufacturer=Snake%20Oil,%20Inc.;model=1.0;object=my-certificate;type=cert;\
            id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin"
            .parse()
            .unwrap();
        assert_eq!(uri.object.as_deref(), Some("my-certificate"));
        assert_eq!(
            uri.id.as_deref(),
            Some(&b"\x69\x95\x3e\x5c\xf4\xbd\xec\x91"[..])
        );
        assert!(uri.allows("token", "The Software PKCS#11 Softtoken"));
        assert!(!uri.allows("token", "another"));
        assert!(!uri.allows("serial", "1"));
        assert!(uri.allows("slot-id", "7"));
        assert!(matches!(uri.pin(), Some(PinSource::File(path)) if path == "/etc/token_pin"));
        assert_eq!(uri.any_object().id, None);
    }

    #[test]
    fn a_pin_is_not_shown() {
        let uri: Pkcs11Uri = "pkcs11:token=t?pin-value=hunter2".parse().unwrap();
        assert_eq!(uri.to_string(), "pkcs11:token=t");
        assert_eq!(
            format!("{uri:?} {:?}", uri.pin()),
            "Pkcs11Uri(\"pkcs11:token=t\") Some(Value(..))"
        );
    }

    #[test]
    fn what_is_wrong_with_it_is_said() {
        for (text, expected) in [
            ("pkcs12:token=t", "it does not begin with pkcs11:"),
            ("pkcs11:token", "the attribute \"token\" is malformed"),
            ("pkcs11:token=%4", "the attribute \"token\" is malformed"),
            ("pkcs11:token=%fF", "the attribute \"token\" is malformed"),
            ("pkcs11:id=1;id=2", "the attribute \"id\" comes twice"),
            ("pkcs11:lable=x", "there is no attribute \"lable\""),
            (
                "pkcs11:?pin-source=%7Ccommand",
                "pin-source must be a file: file:/path",
            ),
        ] {
            assert_eq!(text.parse::<Pkcs11Uri>().unwrap_err().to_string(), expected);
        }
    }
}
