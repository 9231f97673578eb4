use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

/// The crates of one program, as cargo resolves them for a target.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) root: Id,
    pub(super) target: String,
    pub(super) features: Vec<String>,
    pub(super) crates: BTreeMap<Id, Crate>,
}

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Id {
    pub(super) name: String,
    pub(super) version: String,
}

#[derive(Debug, Default)]
pub(super) struct Crate {
    /// As its manifest says it; empty where it says nothing.
    pub(super) license: String,
    /// Of what the registry gave; our own have none.
    pub(super) checksum: Option<String>,
    pub(super) dependencies: BTreeSet<Id>,
}

impl Resolved {
    /// What is linked into `package`: neither what only its tests, its build scripts or
    /// its macros need, nor what another target would have.
    ///
    /// `cargo tree` and not `cargo metadata`, which unites the features of all members
    /// and of their tests: that names crates which are not in the binary.
    pub(super) fn of(package: &str, target: &str, features: &[String]) -> Result<Self> {
        let tree = Tool::cargo("tree --locked --edges normal,no-proc-macro --prefix depth")
            .words("--charset ascii --package")
            .args([package, "--target", target, "--format", "{p}|{l}"])
            .args(["--features", &features.join(",")])
            .output()?;
        let lock = workspace::read(&workspace::root().join("Cargo.lock"))?;
        let mut resolved = Self::read(&tree, &lock, target)?;
        resolved.features = features.to_vec();
        resolved.features.sort();
        Ok(resolved)
    }

    pub(super) fn read(tree: &str, lock: &str, target: &str) -> Result<Self> {
        let mut crates: BTreeMap<Id, Crate> = BTreeMap::new();
        // The crates from the root to where we are.
        let mut above: Vec<Id> = Vec::new();
        for line in tree.lines() {
            let (depth, id, license) =
                entry(line).ok_or_else(|| Failure::new(format!("`cargo tree` said `{line}`")))?;
            above.truncate(depth);
            let parent = above.last().and_then(|parent| crates.get_mut(parent));
            if let Some(parent) = parent {
                parent.dependencies.insert(id.clone());
            }
            crates.entry(id.clone()).or_default().license = license;
            above.push(id);
        }
        for (id, checksum) in checksums(lock)? {
            if let Some(found) = crates.get_mut(&id) {
                found.checksum = Some(checksum);
            }
        }
        let root = above.into_iter().next();
        Ok(Self {
            root: root.ok_or_else(|| Failure::new("`cargo tree` said nothing"))?,
            target: target.to_owned(),
            features: Vec::new(),
            crates,
        })
    }

    pub(super) fn root_crate(&self) -> Result<&Crate> {
        let found = self.crates.get(&self.root);
        found.ok_or_else(|| Failure::new(format!("no crate {}", self.root)))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// A line of the tree: `2slab v0.4.12|MIT`, with a folder behind the version of our own,
/// and a star at the end of one that stood above.
fn entry(line: &str) -> Option<(usize, Id, String)> {
    let digits = line.find(|letter: char| !letter.is_ascii_digit())?;
    let (depth, rest) = line.split_at(digits);
    let (package, license) = rest.split_once('|')?;
    let mut words = package.split(' ');
    let id = Id {
        name: words.next()?.to_owned(),
        version: words.next()?.strip_prefix('v')?.to_owned(),
    };
    let license = license.trim_end_matches("(*)").trim();
    Some((depth.parse().ok()?, id, license.to_owned()))
}

fn checksums(lock: &str) -> Result<Vec<(Id, String)>> {
    let lock: Lock =
        toml::from_str(lock).map_err(|error| Failure::new(format!("Cargo.lock: {error}")))?;
    let packages = lock.package.into_iter().filter_map(|package| {
        let id = Id {
            name: package.name,
            version: package.version,
        };
        Some((id, package.checksum?))
    });
    Ok(packages.collect())
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_tree_is_read() {
        let read = |line| entry(line).map(|(depth, id, license)| (depth, id.to_string(), license));
        for (line, depth, id, license) in [
            (
                "0iamra v0.1.0 (/a b/crates/cli)|MIT OR Apache-2.0",
                0,
                "iamra 0.1.0",
                "MIT OR Apache-2.0",
            ),
            ("12slab v0.4.12|MIT (*)", 12, "slab 0.4.12", "MIT"),
            ("1h2 v0.4.1+x|", 1, "h2 0.4.1+x", ""),
        ] {
            assert_eq!(read(line), Some((depth, id.to_owned(), license.to_owned())));
        }
        for line in ["", "slab v0.4.12|MIT", "1slab|MIT", "1slab v0.4.12"] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn who_depends_on_whom_follows_from_the_depth() {
        let tree = "0a v1|\n1b v1|\n2c v1|\n1c v1| (*)\n";
        let resolved = Resolved::read(tree, "package = []", "t").unwrap();
        let of = |name: &str| {
            let found = resolved.crates.iter().find(|(id, _)| id.name == name);
            let dependencies = found.unwrap().1.dependencies.iter();
            dependencies.map(|id| id.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(
            (of("a"), of("b"), of("c")),
            (vec!["b".into(), "c".into()], vec!["c".into()], vec![])
        );
    }
}
