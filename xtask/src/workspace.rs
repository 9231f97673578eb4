use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_path_buf()
}

/// A path below the target folder, wherever that was set to be.
pub(crate) fn target(below: &str) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |folder| root().join(folder))
        .join(below)
}

/// A program that a profile built, `debug/iamra` say.
pub(crate) fn binary(below: &str) -> PathBuf {
    target(&format!("{below}{}", std::env::consts::EXE_SUFFIX))
}

/// A member of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Where its manifest is.
    pub(crate) folder: PathBuf,
    /// Its features, but for `default`.
    pub(crate) features: Vec<String>,
    pub(crate) dependencies: Vec<Dependency>,
    /// Whether a registry may have it.
    #[cfg_attr(
        not(feature = "release"),
        expect(dead_code, reason = "releases alone ask")
    )]
    pub(crate) is_published: bool,
}

#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Whether only tests and examples have it.
    pub(crate) dev: bool,
}

/// The members, as cargo sees them.
pub(crate) fn packages() -> Result<Vec<Package>> {
    let text = Tool::cargo("metadata --no-deps --locked --format-version 1").output()?;
    let metadata: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("cargo metadata: {error}")))?;
    Ok(list(&metadata, "packages").map(package).collect())
}

fn package(value: &Value) -> Package {
    let manifest = PathBuf::from(text(value, "manifest_path"));
    let features = value["features"].as_object().into_iter().flatten();
    Package {
        name: text(value, "name"),
        // `publish = false` is an empty list of registries.
        is_published: value["publish"].is_null(),
        folder: manifest.parent().map(Path::to_path_buf).unwrap_or_default(),
        features: features
            .map(|(name, _)| name.clone())
            .filter(|name| name != "default")
            .collect(),
        dependencies: list(value, "dependencies")
            .map(|dependency| Dependency {
                name: text(dependency, "name"),
                dev: dependency["kind"] == "dev",
            })
            .collect(),
    }
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Every file below `folder`, sorted, without build output and hidden folders;
/// none where there is no such folder.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    folders.retain(|folder| folder.exists());
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| Failure::file(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| Failure::file(&folder, &error))?;
            let (path, name) = (entry.path(), entry.file_name());
            let hidden = name.to_string_lossy().starts_with('.');
            if path.is_dir() && !hidden && name != "target" {
                folders.push(path);
            } else if path.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| Failure::file(path, &error))
}

/// `path` as seen from the root, for people.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}
