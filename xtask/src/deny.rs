use std::path::PathBuf;

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

/// Bans, licences and sources by `deny.toml`; installs cargo-deny where it is absent.
///
/// Advisories change without a commit, so they are a scheduled job's and not a
/// change's: `cargo deny check advisories`.
pub(crate) fn check(offline: bool) -> Result {
    if installed().is_none() {
        if offline {
            println!("SKIPPED: cargo-deny is absent, and --offline forbids to install it");
            return Ok(());
        }
        install()?;
    }
    let program = installed().ok_or_else(|| Failure::new("cargo-deny does not run"))?;
    Tool::new(program)
        .words("--workspace --all-features --locked check bans licenses sources")
        .run()
}

fn installed() -> Option<PathBuf> {
    let own = workspace::binary("tools/bin/cargo-deny");
    let candidates = [own, PathBuf::from("cargo-deny")];
    candidates.into_iter().find(|program| {
        let version = Tool::new(program).arg("--version").output();
        version.is_ok_and(|version| version.trim().ends_with(VERSION))
    })
}

/// Unoptimised: it is compiled in a quarter of the time, and then runs for seconds.
fn install() -> Result {
    Tool::cargo("install --locked --debug")
        .arg(format!("cargo-deny@{VERSION}"))
        .arg("--root")
        .arg(workspace::target("tools"))
        .run()
        .map_err(|failure| {
            Failure::new(format!(
                "{failure}\ncargo-deny {VERSION} could not be installed; without a registry, use --offline"
            ))
        })
}

/// What `deny.toml` was written for.
const VERSION: &str = "0.20.2";
