use std::collections::BTreeMap;

use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

/// Every target of every member, with the default features.
pub(crate) fn workspace() -> Result {
    clippy("--workspace --all-targets").run()
}

/// The same, and the release tools.
pub(crate) fn everything() -> Result {
    clippy("--workspace --all-targets --features xtask/release").run()
}

/// Every member without any feature, and with each one alone.
///
/// Libraries and binaries only: tests may need what a feature brings. All members at once,
/// and one test that needs nothing, so that what others have written is checked with the
/// same features as in [`everything`], and once.
pub(crate) fn each_feature() -> Result {
    let bare = format!(
        "--workspace --lib --bins --test {PLAIN_TEST} --no-default-features \
         --features xtask/release"
    );
    clippy(&bare).run()?;
    for features in by_name()?.values() {
        clippy(&format!("{bare},{}", features.join(","))).run()?;
    }
    Ok(())
}

/// `kubernetes`, say, of every member that has it.
fn by_name() -> Result<BTreeMap<String, Vec<String>>> {
    let mut by_name = BTreeMap::<String, Vec<String>>::new();
    for package in workspace::packages()? {
        for feature in package.features {
            let whole = format!("{}/{feature}", package.name);
            by_name.entry(feature).or_default().push(whole);
        }
    }
    by_name.retain(|name, _| !OF_RELEASES.contains(&name.as_str()));
    Ok(by_name)
}

/// Every member by itself, as who depends on it has it: what it takes of others without
/// asking for it shows here alone. Each set of features compiles the world once more.
pub(crate) fn alone() -> Result {
    for package in workspace::packages()? {
        let bare = format!("-p {} --no-default-features", package.name);
        clippy(&bare).run()?;
        for feature in package.features {
            clippy(&format!("{bare} --features {feature}")).run()?;
        }
    }
    Ok(())
}

fn clippy(which: &str) -> Tool {
    let clippy = Tool::cargo("clippy --locked").words(which);
    clippy.words("-- -D warnings")
}

/// It compiles without any feature.
const PLAIN_TEST: &str = "descriptors";

/// [`everything`] has the first. The client of KMS alone takes as long to compile as a tenth
/// of all: the tests with peers compile and run it.
const OF_RELEASES: [&str; 2] = ["release", "kms"];
