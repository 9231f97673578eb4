use std::path::Path;

use crate::failure::Result;
use crate::workspace::{self, shown};

/// No snapshot waits for a decision, and none outlives the test that made it.
pub(crate) fn check() -> Result<Vec<String>> {
    let root = workspace::root();
    let mut findings = Vec::new();
    for path in workspace::files(&root.join("crates"))? {
        let name = path.to_string_lossy();
        if name.ends_with(".snap.new") || name.ends_with(".pending-snap") {
            findings.push(format!("{}: accept it or fix the code", shown(&path)));
        } else if name.ends_with(".snap") {
            let text = workspace::read(&path)?;
            if text.contains(&*root.to_string_lossy()) {
                findings.push(format!("{}: holds a path of this machine", shown(&path)));
            }
            let source = source(&text).map(str::to_owned);
            findings.extend(orphan(&root, &path, source.as_deref()));
        }
    }
    Ok(findings)
}

fn orphan(root: &Path, path: &Path, source: Option<&str>) -> Option<String> {
    let Some(source) = source else {
        return Some(format!("{}: names no source", shown(path)));
    };
    (!root.join(source).exists())
        .then(|| format!("{}: its test {source} is gone; remove it", shown(path)))
}

/// The file of the test that made a snapshot, from the snapshot's header.
fn source(snapshot: &str) -> Option<&str> {
    let header = snapshot.strip_prefix("---\n")?.split("\n---\n").next()?;
    header
        .lines()
        .find_map(|line| line.strip_prefix("source: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_names_its_test_in_its_header_only() {
        let snapshot = "---\nsource: crates/cli/tests/it/help.rs\nexpression: help\n---\nhelp";
        assert_eq!(source(snapshot), Some("crates/cli/tests/it/help.rs"));
        assert_eq!(source("---\nexpression: x\n---\nsource: no\n"), None);
        let root = workspace::root();
        let path = Path::new("a.snap");
        assert_eq!(orphan(&root, path, Some("xtask/src/main.rs")), None);
        assert!(orphan(&root, path, Some("xtask/src/gone.rs")).is_some());
        assert!(orphan(&root, path, None).is_some());
    }
}
