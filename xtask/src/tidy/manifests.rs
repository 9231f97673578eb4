use crate::failure::Result;
use crate::workspace::{self, Package, shown};

/// Every member inherits what the workspace decides, and has a short README.
pub(crate) fn check(packages: &[Package]) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for package in packages {
        let manifest = package.folder.join("Cargo.toml");
        let text = workspace::read(&manifest)?;
        for missing in not_inherited(&text) {
            findings.push(format!("{}: no `{missing}`", shown(&manifest)));
        }
        let readme = package.folder.join("README.md");
        if !text.contains("publish = false") {
            match std::fs::read_to_string(&readme) {
                Ok(text) => findings.extend(too_long(&shown(&readme), &text)),
                Err(error) => findings.push(format!("{}: {error}", shown(&readme))),
            }
        }
    }
    Ok(findings)
}

fn not_inherited(manifest: &str) -> Vec<&'static str> {
    INHERITED
        .into_iter()
        .filter(|wanted| !manifest.contains(wanted))
        .collect()
}

fn too_long(name: &str, readme: &str) -> Option<String> {
    let lines = readme.lines().count();
    (lines > README_LINES).then(|| format!("{name}: {lines} lines, at most {README_LINES}"))
}

const INHERITED: [&str; 5] = [
    "\nversion.workspace = true\n",
    "\nedition.workspace = true\n",
    "\nrust-version.workspace = true\n",
    "\nlicense.workspace = true\n",
    "\n[lints]\nworkspace = true\n",
];

const README_LINES: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_inherited_is_named() {
        let whole = INHERITED.concat();
        assert!(not_inherited(&whole).is_empty());
        let own = whole.replace("\nedition.workspace = true\n", "\nedition = \"2021\"\n");
        assert_eq!(not_inherited(&own), ["\nedition.workspace = true\n"]);
        assert!(too_long("README.md", &"line\n".repeat(40)).is_none());
        assert!(too_long("README.md", &"line\n".repeat(41)).is_some());
    }
}
