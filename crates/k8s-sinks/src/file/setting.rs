use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::Error;

/// A key and the value that it shall have in a profile.
///
/// ```
/// use k8s_sinks::file::Setting;
///
/// let setting = Setting::new("region", "eu-west-1".into())?;
/// assert!(Setting::new("region", "x\n[other]".into()).is_err());
/// # Ok::<(), k8s_sinks::Error>(())
/// ```
#[derive(Clone)]
pub struct Setting {
    key: String,
    value: SecretString,
}

impl Setting {
    /// Checks that every SDK will read the value as it is given: on one line,
    /// nothing that starts a comment, no space that is trimmed.
    pub fn new(key: &str, value: SecretString) -> Result<Self, Error> {
        let in_key =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        if key.is_empty() || !key.bytes().all(in_key) {
            return Err(Error::BadKey {
                key: key.to_owned(),
            });
        }
        if !is_plain(value.expose_secret()) {
            return Err(Error::BadValue {
                key: key.to_owned(),
            });
        }
        Ok(Self {
            key: key.to_owned(),
            value,
        })
    }

    /// The key, in lower case.
    pub fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn value(&self) -> &str {
        self.value.expose_secret()
    }
}

/// Shows the key, never the value.
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=[redacted]", self.key)
    }
}

fn is_plain(value: &str) -> bool {
    let comment = |pair: [char; 2]| pair[0].is_whitespace() && matches!(pair[1], '#' | ';');
    // A value directly behind `= ` has a space before its first character.
    let characters = || [' '].into_iter().chain(value.chars());
    let starts_comment = characters()
        .zip(value.chars())
        .any(|(one, two)| comment([one, two]));
    let is_trimmed = value.trim() != value;
    !(value.is_empty() || is_trimmed || value.contains(char::is_control) || starts_comment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_are_written() {
        for value in [
            "x",
            "a b",
            "a#b",
            "a;b",
            "wJalr/XUt+nF==",
            "iamra creds process --region 'x y'",
        ] {
            assert!(Setting::new("key", value.into()).is_ok(), "{value:?}");
        }
        for value in [
            "",
            " ",
            " x",
            "x ",
            "a\nb",
            "a\rb",
            "a\0b",
            "a\u{85}b",
            "#a",
            ";a",
            "a #b",
            "a\t;b",
            "a\u{2028}#",
        ] {
            let error = Setting::new("key", value.into()).unwrap_err();
            assert!(matches!(error, Error::BadValue { .. }), "{value:?}");
        }
    }

    #[test]
    fn keys_are_plain() {
        for key in ["", "A", "a b", "a=b", "[a", "a\n", "#a", "ä"] {
            assert!(
                matches!(Setting::new(key, "x".into()), Err(Error::BadKey { .. })),
                "{key:?}"
            );
        }
    }

    #[test]
    fn the_value_is_not_shown() {
        let setting = Setting::new("aws_session_token", "hunter2".into()).unwrap();
        assert_eq!(format!("{setting:?}"), "aws_session_token=[redacted]");
    }
}
