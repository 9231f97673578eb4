use std::path::PathBuf;

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

/// Checks the hosted workflows with zizmor: rights, injections, actions without a hash.
/// Installs it from `PyPI` where it is absent.
pub(crate) fn run() -> Result {
    let program = installed().map_or_else(install, Ok)?;
    Tool::new(program)
        .words("--offline --no-progress --persona=pedantic .github/workflows")
        .run()
}

fn installed() -> Option<PathBuf> {
    let program = folder().join("bin/zizmor");
    let version = Tool::new(&program).arg("--version").output();
    version
        .is_ok_and(|version| version.trim().ends_with(VERSION))
        .then_some(program)
}

fn install() -> Result<PathBuf> {
    let make = Tool::new("python3").words("-m venv").arg(folder());
    make.run()?;
    let pip = Tool::new(folder().join("bin/pip"));
    pip.words("install --quiet --disable-pip-version-check")
        .arg(format!("zizmor=={VERSION}"))
        .run()?;
    installed().ok_or_else(|| Failure::new("zizmor does not run"))
}

fn folder() -> PathBuf {
    workspace::target("zizmor")
}

const VERSION: &str = "1.32.0";
