use std::{borrow::Cow, fmt, str::FromStr};

use super::{ProfileFile, document};
use crate::Error;

/// The name of a profile: `default`, or what `AWS_PROFILE` or `--profile` says.
///
/// Anything that could end a section header or start another line is refused.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct ProfileName(String);

impl ProfileName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether every SDK accepts the name.
    pub(crate) fn is_portable(&self) -> bool {
        self.0
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-/.%@:+".contains(&byte))
    }

    /// What stands between the brackets of a new section.
    pub(crate) fn header(&self, file: ProfileFile) -> Cow<'_, str> {
        let quote = if self.0.contains(char::is_whitespace) {
            "\""
        } else {
            ""
        };
        match file {
            ProfileFile::Config if self.0 != DEFAULT => {
                format!("profile {quote}{}{quote}", self.0).into()
            }
            _ => self.0.as_str().into(),
        }
    }

    /// Whether some SDK reads a header as that of this profile.
    pub(crate) fn is_meant_by(&self, header: &[u8], file: ProfileFile) -> bool {
        let header = document::trim(header);
        match file {
            ProfileFile::Credentials => header == self.0.as_bytes(),
            ProfileFile::Config => {
                let unprefixed_default = self.0 == DEFAULT && header == DEFAULT.as_bytes();
                unprefixed_default || prefixed(header).is_some_and(|name| name == self.0.as_bytes())
            }
        }
    }
}

/// The profile that is used where no name is given.
impl Default for ProfileName {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

impl FromStr for ProfileName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let is_forbidden = |c: char| c.is_control() || "[]\"'#;\\".contains(c);
        if name.is_empty() || name.trim() != name || name.contains(is_forbidden) {
            return Err(Error::BadProfileName {
                name: name.to_owned(),
            });
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const DEFAULT: &str = "default";

/// The name behind `profile`, without quotes around it.
fn prefixed(header: &[u8]) -> Option<&[u8]> {
    let rest = header.strip_prefix(b"profile")?;
    let name = document::trim(rest);
    if name.len() == rest.len() {
        return None;
    }
    let unquoted = [b'"', b'\''].iter().find_map(|quote| {
        name.strip_prefix(&[*quote])
            .and_then(|rest| rest.strip_suffix(&[*quote]))
    });
    Some(unquoted.unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_header() {
        for name in ["default", "dev", "my profile", "a/b.c%d@e:f+g_h-i", "größe"] {
            assert_eq!(name.parse::<ProfileName>().unwrap().as_str(), name);
        }
        for name in [
            "", " dev", "dev ", "a]b", "[a", "a\nb", "a\rb", "a\0b", "a#b", "a;b", "\"a\"", "a\\b",
        ] {
            assert!(name.parse::<ProfileName>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn headers_are_those_that_some_sdk_takes_for_the_profile() {
        use ProfileFile::{Config, Credentials};
        for (file, name, header, is_it) in [
            (Credentials, "dev", "dev", true),
            (Credentials, "dev", " dev\t", true),
            (Credentials, "dev", "Dev", false),
            (Credentials, "dev", "dev2", false),
            (Credentials, "dev", "profile dev", false),
            (Config, "dev", "profile dev", true),
            (Config, "dev", " profile \t dev ", true),
            (Config, "dev", "profile \"dev\"", true),
            (Config, "dev", "profile 'dev'", true),
            (Config, "dev", "profiledev", false),
            (Config, "dev", "dev", false),
            (Config, "dev", "sso-session dev", false),
            (Config, "default", "default", true),
            (Config, "default", "profile default", true),
            (Credentials, "default", "profile default", false),
        ] {
            let meant = name
                .parse::<ProfileName>()
                .unwrap()
                .is_meant_by(header.as_bytes(), file);
            assert_eq!(meant, is_it, "{file:?} {name} [{header}]");
        }
    }

    #[test]
    fn new_headers_are_those_that_the_aws_cli_writes() {
        for (file, name, header) in [
            (ProfileFile::Credentials, "dev", "dev"),
            (ProfileFile::Credentials, "my profile", "my profile"),
            (ProfileFile::Config, "dev", "profile dev"),
            (ProfileFile::Config, "my profile", "profile \"my profile\""),
            (ProfileFile::Config, "default", "default"),
        ] {
            assert_eq!(name.parse::<ProfileName>().unwrap().header(file), header);
        }
    }
}
