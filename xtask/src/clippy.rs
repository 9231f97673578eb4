use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

/// Every target of every member, with the default features.
pub(crate) fn workspace() -> Result {
    Tool::cargo("clippy --workspace --all-targets --locked -- -D warnings").run()
}

/// Every member that has features: without any, and with each one alone.
///
/// The binary only: tests may need what a feature brings.
pub(crate) fn each_feature() -> Result {
    for package in workspace::packages()? {
        if package.features.is_empty() {
            continue;
        }
        let bare = format!("clippy --locked --no-default-features -p {}", package.name);
        Tool::cargo(&bare).words("-- -D warnings").run()?;
        for feature in package.features.iter().filter(|it| *it != KMS) {
            Tool::cargo(&bare)
                .words(&format!("--features {feature} -- -D warnings"))
                .run()?;
        }
    }
    Ok(())
}

/// The client of KMS, which alone takes as long to compile as a tenth of all this: the tests
/// with peers compile and run it.
const KMS: &str = "kms";
