use std::{fmt, str::FromStr};

use crate::Error;

/// A name that Linux accepts for a link: 1 to 15 bytes, without `/`, `:` and
/// space, and not `.` or `..`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct LinkName(String);

impl LinkName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LinkName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let is_valid = (1..=LONGEST).contains(&name.len())
            && !matches!(name, "." | "..")
            // `%` asks the kernel for a number in its place.
            && !name.contains(|c: char| "/:%\0".contains(c) || c.is_whitespace());
        if is_valid {
            Ok(Self(name.to_owned()))
        } else {
            Err(Error::NotALinkName {
                name: name.to_owned(),
            })
        }
    }
}

impl fmt::Display for LinkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `IFNAMSIZ` without the byte that ends it.
const LONGEST: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_linux_accepts_is_a_name() {
        for (name, accepted) in [
            ("pod-id-link0", true),
            ("fifteen-bytes-0", true),
            ("sixteen-bytes-00", false),
            ("", false),
            (".", false),
            ("..", false),
            ("a/b", false),
            ("eth0:1", false),
            ("dummy%d", false),
            ("a b", false),
            ("a\0b", false),
        ] {
            assert_eq!(name.parse::<LinkName>().is_ok(), accepted, "{name:?}");
        }
    }
}
