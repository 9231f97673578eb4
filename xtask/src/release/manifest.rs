use semver::Version;
use toml_edit::{DocumentMut, value};

use crate::Failure;
use crate::failure::Result;

/// The workspace's manifest with another version: that of all members, and of each
/// where another member depends on it. Every other byte stays.
pub(super) fn with_version(manifest: &str, version: &Version) -> Result<String> {
    let failed = |what: &str| Failure::new(format!("Cargo.toml: {what}"));
    let mut manifest: DocumentMut = manifest
        .parse()
        .map_err(|error| failed(&format!("{error}")))?;
    let workspace = &mut manifest["workspace"];
    let package = workspace["package"].as_table_mut();
    let package = package.ok_or_else(|| failed("no [workspace.package]"))?;
    let old: Option<Version> = package
        .get("version")
        .and_then(|it| it.as_str()?.parse().ok());
    let old = old.ok_or_else(|| failed("no version in [workspace.package]"))?;
    if *version < old {
        return Err(failed(&format!(
            "it is {old} already, which comes after {version}"
        )));
    }
    set(&mut package["version"], version);
    let dependencies = workspace["dependencies"].as_table_mut();
    for (_, dependency) in dependencies.into_iter().flat_map(|table| table.iter_mut()) {
        if dependency.get("path").is_some() {
            set(&mut dependency["version"], version);
        }
    }
    Ok(manifest.to_string())
}

/// Leaves spaces and comments around it.
fn set(item: &mut toml_edit::Item, version: &Version) {
    let decor = item.as_value().map(|old| old.decor().clone());
    *item = value(version.to_string());
    if let (Some(new), Some(decor)) = (item.as_value_mut(), decor) {
        *new.decor_mut() = decor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "\
[workspace.package]
version = \"0.1.0\" # Of all.
edition = \"2024\"

[workspace.dependencies]
# Ours.
refresh = { path = \"crates/refresh\", version = \"0.1.0\" }
bytes = \"0.1.0\"
";

    #[test]
    fn our_own_versions_change_and_nothing_else() {
        let new = with_version(MANIFEST, &Version::new(0, 2, 0)).unwrap();
        let expected = MANIFEST.replacen("0.1.0", "0.2.0", 1).replace(
            "refresh\", version = \"0.1.0",
            "refresh\", version = \"0.2.0",
        );
        assert_eq!(new, expected);
        // The first release is of the version that is there.
        assert_eq!(
            with_version(MANIFEST, &Version::new(0, 1, 0)).unwrap(),
            MANIFEST
        );
    }

    #[test]
    fn versions_go_forward() {
        let back = with_version(MANIFEST, &Version::new(0, 0, 9)).unwrap_err();
        assert_eq!(
            back.to_string(),
            "Cargo.toml: it is 0.1.0 already, which comes after 0.0.9"
        );
        assert!(with_version("[workspace]\n", &Version::new(1, 0, 0)).is_err());
    }

    #[test]
    fn the_one_that_is_here_can_be_released() {
        let manifest = include_str!("../../../Cargo.toml");
        let new = with_version(manifest, &Version::new(9, 8, 7)).unwrap();
        let changed = new
            .lines()
            .zip(manifest.lines())
            .filter(|(new, old)| new != old);
        let changed: Vec<_> = changed.map(|(new, _)| new).collect();
        assert_eq!(changed.len(), 13, "{changed:#?}");
        assert!(
            changed.iter().all(|line| line.contains("\"9.8.7\"")),
            "{changed:#?}"
        );
    }
}
