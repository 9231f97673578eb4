use std::fmt;
use std::str::FromStr;

use crate::refusal::one_line;

/// The name of a repository: lower-case words with slashes between.
///
/// [Pulling manifests](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests)
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RepositoryName(String);

/// A manifest in a registry: `repository:tag`, `repository@digest`, or the
/// repository alone for its tag `latest`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ManifestName {
    repository: RepositoryName,
    reference: String,
}

/// A text that names no repository, tag or digest.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0:?} is no name of a repository (team/app, with :tag or @digest for a manifest)")]
pub struct InvalidRepositoryName(String);

impl RepositoryName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RepositoryName {
    type Err = InvalidRepositoryName;

    /// Whatever would lead to another address is refused.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        let is_part = |part: &str| {
            part.starts_with(|it: char| it.is_ascii_alphanumeric()) && part.bytes().all(allowed)
        };
        if text.len() <= LONGEST && text.split('/').all(is_part) {
            return Ok(Self(text.to_owned()));
        }
        Err(invalid(text))
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ManifestName {
    /// In which repository it is.
    pub fn repository(&self) -> &RepositoryName {
        &self.repository
    }

    /// The tag or the digest.
    pub fn reference(&self) -> &str {
        &self.reference
    }
}

impl FromStr for ManifestName {
    type Err = InvalidRepositoryName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('@').or_else(|| text.split_once(':'));
        let (repository, reference) = parts.unwrap_or((text, "latest"));
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte);
        let begins = reference.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '_');
        if !begins || reference.len() > LONGEST || !reference.bytes().all(allowed) {
            return Err(invalid(text));
        }
        Ok(Self {
            repository: repository.parse().map_err(|_| invalid(text))?,
            reference: reference.to_owned(),
        })
    }
}

fn invalid(text: &str) -> InvalidRepositoryName {
    InvalidRepositoryName(one_line(text))
}

/// Of a repository's name in ECR; a digest is shorter.
const LONGEST: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_no_other_address() {
        for (name, is_name) in [
            ("app", true),
            ("team/app-1.x_y", true),
            ("a", true),
            ("", false),
            ("/app", false),
            ("app/", false),
            ("a//b", false),
            ("../x", false),
            ("a/../b", false),
            ("App", false),
            ("a?b", false),
            ("a#b", false),
            ("a%2fb", false),
            ("a b", false),
            (&"a".repeat(257), false),
        ] {
            assert_eq!(name.parse::<RepositoryName>().is_ok(), is_name, "{name:?}");
        }
    }

    #[test]
    fn a_manifest_is_named_by_tag_or_digest() {
        for (text, expected) in [
            ("team/app", Some(("team/app", "latest"))),
            ("team/app:V1.0_x-y", Some(("team/app", "V1.0_x-y"))),
            ("team/app@sha256:ab", Some(("team/app", "sha256:ab"))),
            ("team/app:", None),
            ("team/app:.x", None),
            ("team/app:a/b", None),
            ("team/app:a?b", None),
            ("Team/app:1", None),
            (":1", None),
        ] {
            let parsed: Option<ManifestName> = text.parse().ok();
            let parsed = parsed.as_ref();
            let parts = parsed.map(|name| (name.repository().as_str(), name.reference()));
            assert_eq!(parts, expected, "{text}");
        }
    }
}
