use std::path::PathBuf;

use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

/// Has a static binary built for this target, on whatever machine this is; returns
/// where it is.
///
/// zig is the C compiler and the linker of both architectures: one recipe, and no
/// cross compiler of the machine. Both come as wheels, pinned, into `target/zigbuild`.
pub(super) fn build(target: &str) -> Result<PathBuf> {
    let bin = install()?;
    // Without rustup, the target has to be there by itself.
    if let Err(failure) = Tool::new("rustup").words("target add").arg(target).output() {
        println!("{failure}");
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(bin.clone()).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(path).unwrap_or_default();
    Tool::new(bin.join("cargo-zigbuild"))
        .words("zigbuild --release --locked --package iamra --target")
        .arg(target)
        .env("PATH", path)
        .run()?;
    Ok(workspace::target(target).join("release/iamra"))
}

/// Where cargo-zigbuild and zig are.
fn install() -> Result<PathBuf> {
    let environment = workspace::target("zigbuild");
    let bin = environment.join("bin");
    if !bin.join("cargo-zigbuild").exists() {
        Tool::new("python3")
            .words("-m venv")
            .arg(&environment)
            .run()?;
        Tool::new(bin.join("pip"))
            .words("install --quiet --disable-pip-version-check")
            .words(PACKAGES)
            .run()?;
    }
    Ok(bin)
}

/// The wheels, by name and version.
pub(crate) fn packages() -> impl Iterator<Item = (&'static str, &'static str)> {
    let packages = PACKAGES.split_whitespace();
    packages.filter_map(|package| package.split_once("=="))
}

const PACKAGES: &str = "cargo-zigbuild==0.24.0 ziglang==0.17.0";
