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

    /// The path as a part of a policy's name, of which Vault makes lower case:
    /// no two paths become the same.
    pub(super) fn in_lower_case(&self) -> String {
        let escaped = self.0.chars().map(|character| {
            if character.is_ascii_uppercase() {
                format!("~{}", character.to_ascii_lowercase())
            } else {
                character.to_string()
            }
        });
        escaped.collect()
    }

    /// Whether Vault has something of its own there.
    pub(super) fn is_of_vault(&self) -> bool {
        let first = self.0.split('/').next().unwrap_or_default();
        ["sys", "auth", "identity", "cubbyhole"].contains(&first)
    }

    /// Whether not both can be there: Vault mounts nothing below a mount.
    pub(super) fn excludes(&self, other: &Self) -> bool {
        let is_below = |above: &str, path: &str| {
            let rest = path.strip_prefix(above);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        is_below(&self.0, &other.0) || is_below(&other.0, &self.0)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> MountPath {
        text.parse().unwrap()
    }

    #[test]
    fn no_two_paths_become_the_same_in_lower_case() {
        assert_eq!(path("team/PKI-a").in_lower_case(), "team/~p~k~i-a");
        assert_eq!(path("pki-aws/").in_lower_case(), "pki-aws");
        assert!("~pki".parse::<MountPath>().is_err());
    }

    #[test]
    fn nothing_is_mounted_below_a_mount() {
        for (one, other, expected) in [
            ("pki", "pki", true),
            ("pki", "pki/aws", true),
            ("pki/aws", "pki", true),
            ("pki", "pki-aws", false),
            ("team/a", "team/b", false),
        ] {
            assert_eq!(path(one).excludes(&path(other)), expected, "{one} {other}");
        }
    }

    #[test]
    fn what_is_of_vault_is_known() {
        for text in ["sys", "auth/pki", "identity/", "cubbyhole"] {
            assert!(path(text).is_of_vault(), "{text}");
        }
        assert!(!path("system").is_of_vault());
    }
}
