use std::fmt;

use secrecy::SecretString;

/// A token that a caller shows, where it stands in the request: a secret that is
/// not copied for those who only compare it.
#[derive(Clone, Copy)]
pub struct Presented<'a>(&'a str);

impl<'a> Presented<'a> {
    /// What stood in `Authorization`, to the letter.
    pub fn new(token: &'a str) -> Self {
        Self(token)
    }

    /// The token itself.
    pub fn expose_secret(self) -> &'a str {
        self.0
    }

    /// A copy that may be kept, and is overwritten in the end.
    pub fn to_secret(self) -> SecretString {
        SecretString::from(self.0)
    }
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Presented([REDACTED])")
    }
}
