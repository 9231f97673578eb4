use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use oci_client::Reference;

/// Where images are: a layout in a folder, or a repository of a registry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    Folder { path: PathBuf, tag: Option<String> },
    Registry(Repository),
}

/// A repository of a registry, and perhaps one image of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Repository {
    /// Host, and perhaps port.
    pub(crate) registry: String,
    pub(crate) name: String,
    /// A tag, or a digest.
    pub(crate) image: Option<String>,
}

impl Repository {
    /// With the image, if one is named.
    pub(crate) fn whole(&self) -> String {
        match &self.image {
            Some(digest) if digest.contains(':') => format!("{self}@{digest}"),
            Some(tag) => format!("{self}:{tag}"),
            None => self.to_string(),
        }
    }

    /// Whether it is on this machine, where no certificate is needed.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.registry.split(':').next().unwrap_or_default();
        let address = host.parse::<std::net::Ipv4Addr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.name)
    }
}

impl FromStr for Repository {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let host = text.split('/').next().unwrap_or_default();
        if !text.contains('/') || !(host.contains(['.', ':']) || host == "localhost") {
            return Err(format!(
                "it must begin with the registry's host, as in {EXAMPLE}"
            ));
        }
        let reference = Reference::from_str(text);
        let reference = reference.map_err(|error| format!("{error}: it must be like {EXAMPLE}"))?;
        let said = text.rsplit('/').next().unwrap_or_default();
        let tag = reference.tag().filter(|_| said.contains(':'));
        let image = reference.digest().or(tag).map(str::to_owned);
        Ok(Self {
            registry: reference.registry().to_owned(),
            name: reference.repository().to_owned(),
            image,
        })
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("oci:") {
            return Ok(Self::folder(path));
        }
        let path = Path::new(text);
        if text.starts_with(['.', '/']) || path.join("oci-layout").exists() {
            return Ok(Self::folder(text));
        }
        let repository = text.parse().map_err(|error| {
            format!("{error}; a folder begins with ./ or / or oci:, or has an image layout")
        });
        repository.map(Self::Registry)
    }
}

impl Place {
    /// A colon is part of a path that is there, and otherwise begins a tag.
    fn folder(text: &str) -> Self {
        let (path, tag) = match text.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') && !Path::new(text).exists() => {
                (path, Some(tag.to_owned()))
            }
            _ => (text, None),
        };
        Self::Folder {
            path: PathBuf::from(path),
            tag,
        }
    }
}

const EXAMPLE: &str = "registry.example/team/iamra";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_a_repository() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let repository = |text: &str| match text.parse().unwrap() {
            Place::Registry(it) => (it.registry, it.name, it.image),
            folder @ Place::Folder { .. } => panic!("{folder:?}"),
        };
        for (text, registry, name, image) in [
            ("registry.example/iamra", "registry.example", "iamra", None),
            (
                "registry.example:5000/a/b:1.2",
                "registry.example:5000",
                "a/b",
                Some("1.2"),
            ),
            (
                &format!("localhost/a@{digest}"),
                "localhost",
                "a",
                Some(&*digest),
            ),
            // Where both are there, the digest is what is meant.
            (
                &format!("127.0.0.1:5000/a:1@{digest}"),
                "127.0.0.1:5000",
                "a",
                Some(&*digest),
            ),
        ] {
            let expected = (
                registry.to_owned(),
                name.to_owned(),
                image.map(str::to_owned),
            );
            assert_eq!(repository(text), expected);
        }
        let folder = |text: &str| match text.parse().unwrap() {
            Place::Folder { path, tag } => (path.display().to_string(), tag),
            registry @ Place::Registry(_) => panic!("{registry:?}"),
        };
        assert_eq!(folder("./image"), ("./image".to_owned(), None));
        assert_eq!(folder("/a/b:1"), ("/a/b".to_owned(), Some("1".to_owned())));
        assert_eq!(folder("oci:a:b/c"), ("a:b/c".to_owned(), None));
        for text in [
            "iamra",
            "team/iamra:1",
            "registry.example/UPPER",
            "registry.example/",
        ] {
            assert!(
                text.parse::<Place>()
                    .unwrap_err()
                    .contains("registry.example/team/iamra")
            );
        }
    }

    #[test]
    fn only_loopback_is_loopback() {
        let is_loopback = |text: &str| text.parse::<Repository>().unwrap().is_loopback();
        assert!(is_loopback("127.0.0.1:5000/a") && is_loopback("localhost:5000/a"));
        assert!(!is_loopback("127.0.0.1.registry.example/a") && !is_loopback("10.0.0.1:80/a"));
    }
}
