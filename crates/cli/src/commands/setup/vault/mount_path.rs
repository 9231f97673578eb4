use std::fmt;
use std::str::FromStr;

/// Where something is mounted, in plain characters only: it becomes a part of
/// policies, where `*` and `+` would match more than it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct MountPath(String);

/// A text that cannot be one.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a plain path: letters, digits, `-`, `_` and `.`, with `/` between them")]
pub(super) struct InvalidMountPath(String);

impl MountPath {
    /// A path that is a constant of ours.
    pub(super) fn known(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The path as a part of a name that has no slashes.
    pub(super) fn flat(&self) -> String {
        self.0.replace('/', "-")
    }
}

impl FromStr for MountPath {
    type Err = InvalidMountPath;

    fn from_str(text: &str) -> Result<Self, InvalidMountPath> {
        let path = text.strip_suffix('/').unwrap_or(text);
        let is_plain = |segment: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            segment.starts_with(|first: char| first.is_ascii_alphanumeric())
                && segment.bytes().all(allowed)
        };
        if path.split('/').all(is_plain) {
            Ok(Self(path.to_owned()))
        } else {
            Err(InvalidMountPath(text.chars().take(100).collect()))
        }
    }
}

impl fmt::Display for MountPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
