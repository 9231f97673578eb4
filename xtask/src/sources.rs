use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;

/// A crate, and where its source is on this machine.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) version: String,
    /// As its manifest says it; empty where it says nothing.
    pub(crate) license: String,
    pub(crate) authors: Vec<String>,
    pub(crate) folder: PathBuf,
    /// And not one of ours.
    pub(crate) is_of_registry: bool,
}

/// Every crate in `Cargo.lock`, those that only a feature asks for, too; cargo fetches what
/// is not here.
pub(crate) fn all() -> Result<Vec<Source>> {
    let text = Tool::cargo("metadata --locked --all-features --format-version 1").output()?;
    read(&text)
}

fn read(metadata: &str) -> Result<Vec<Source>> {
    let metadata: Metadata = serde_json::from_str(metadata)
        .map_err(|error| Failure::new(format!("cargo metadata: {error}")))?;
    let packages = metadata.packages.into_iter().map(|package| Source {
        name: package.name,
        version: package.version,
        license: package.license.unwrap_or_default(),
        authors: package.authors,
        folder: package
            .manifest_path
            .parent()
            .map(Path::to_owned)
            .unwrap_or_default(),
        is_of_registry: package.source.is_some(),
    });
    Ok(packages.collect())
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    authors: Vec<String>,
    manifest_path: PathBuf,
    source: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_says_of_crates_is_read() {
        let text = r#"{"packages": [
            {"name": "slab", "version": "0.4.12", "license": "MIT", "authors": ["A"],
             "manifest_path": "/r/slab-0.4.12/Cargo.toml", "source": "registry+x"},
            {"name": "iamra", "version": "0.1.0", "license": null, "authors": [],
             "manifest_path": "/w/Cargo.toml", "source": null}]}"#;
        let found = read(text).unwrap();
        assert_eq!(found[0].folder, Path::new("/r/slab-0.4.12"));
        assert!(found[0].is_of_registry && !found[1].is_of_registry);
        assert_eq!((&*found[0].license, &*found[1].license), ("MIT", ""));
        assert!(read("[]").is_err());
    }
}
