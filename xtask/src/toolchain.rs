use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::failure::Result;
use crate::sources;
use crate::tool::Tool;
use crate::workspace;

/// What a release binary is built for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Recipe {
    pub(crate) target: &'static str,
    /// The oldest C library that it runs with; nothing where it is static.
    pub(crate) glibc: Option<&'static str>,
    /// Beside the default ones.
    pub(crate) features: &'static [&'static str],
}

impl Recipe {
    /// For this target, as it is.
    pub(crate) fn of(target: &'static str) -> Self {
        Self {
            target,
            glibc: None,
            features: &[],
        }
    }

    /// The arguments of cargo that say so.
    fn arguments(&self) -> Vec<String> {
        let glibc = self.glibc.map(|version| format!(".{version}"));
        let target = format!("{}{}", self.target, glibc.unwrap_or_default());
        let mut arguments = vec!["--target".to_owned(), target];
        if !self.features.is_empty() {
            arguments.extend(["--features".to_owned(), self.features.join(",")]);
        }
        arguments
    }

    /// Where cargo puts the binary.
    pub(crate) fn binary(&self) -> PathBuf {
        workspace::target(&self.below_target())
    }

    fn below_target(&self) -> String {
        let suffix = if self.target.contains("windows") {
            ".exe"
        } else {
            ""
        };
        format!("{}/release/iamra{suffix}", self.target)
    }
}

/// Has a binary built, on whatever machine this is; returns where it is.
///
/// zig is the C compiler and the linker of all targets: one recipe, and no cross
/// compiler of the machine. Both come as wheels, pinned, into `target/zigbuild`.
pub(crate) fn build(recipe: &Recipe) -> Result<PathBuf> {
    cargo("zigbuild --release", recipe)?.run()?;
    Ok(recipe.binary())
}

/// The same from another checkout, all of it: what a binary has of the folder that it was
/// built in shows.
pub(crate) fn build_in(checkout: &Path, recipe: &Recipe) -> Result<PathBuf> {
    let target = checkout.join("target");
    let build = cargo("zigbuild --release", recipe)?.within(checkout);
    build.env("CARGO_TARGET_DIR", &target).run()?;
    Ok(target.join(recipe.below_target()))
}

/// Fails where it would not compile; links nothing.
pub(crate) fn check(recipe: &Recipe) -> Result {
    cargo("check", recipe)?.run()
}

/// cargo-zigbuild, which is cargo with zig for what is C.
fn cargo(command: &str, recipe: &Recipe) -> Result<Tool> {
    let bin = install()?;
    let toolchain = toolchain()?;
    add_target(recipe.target, toolchain);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(bin.clone()).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(path).unwrap_or_default();
    let cargo = Tool::new(bin.join("cargo-zigbuild"))
        .words(command)
        .words("--locked --package iamra")
        .args(recipe.arguments())
        .env("PATH", path)
        .env("CARGO_ENCODED_RUSTFLAGS", without_our_folders()?);
    let cargo = SECRETS
        .iter()
        .fold(cargo, |cargo, name| cargo.without(name));
    Ok(with_toolchain(cargo, toolchain))
}

/// Another compiler makes another binary: the toolchain to ask rustup for, where the one
/// that runs us is of another version.
fn toolchain() -> Result<Option<&'static str>> {
    let version = Tool::new("rustc").arg("--version").output()?;
    if version.split_whitespace().nth(1) == Some(RUST) {
        return Ok(None);
    }
    let install = Tool::new("rustup").words("toolchain install --profile minimal");
    install.arg(RUST).run().map_err(|failure| {
        Failure::new(format!(
            "{failure}\nRust {RUST} builds what is handed out, and this is {}",
            version.trim()
        ))
    })?;
    Ok(Some(RUST))
}

/// What the compiler of all that is handed out says of itself. It is there once it has
/// built something.
pub(crate) fn compiler() -> Result<String> {
    let ask = |toolchain| {
        let rustc = Tool::new("rustc").words("--version --verbose");
        with_toolchain(rustc, toolchain).output()
    };
    // rustup would fetch what is not there.
    let here = ask(None)?;
    if here.contains(&format!("release: {RUST}\n")) || !is_installed(RUST) {
        return Ok(here);
    }
    ask(Some(RUST))
}

fn is_installed(toolchain: &str) -> bool {
    let list = Tool::new("rustup").words("toolchain list").output();
    list.is_ok_and(|list| list.lines().any(|line| line.starts_with(toolchain)))
}

fn with_toolchain(tool: Tool, toolchain: Option<&str>) -> Tool {
    match toolchain {
        // cargo names itself to what it runs.
        Some(toolchain) => tool.without("CARGO").env("RUSTUP_TOOLCHAIN", toolchain),
        None => tool,
    }
}

/// Rust's own library for it. Without rustup, it has to be there by itself.
fn add_target(target: &str, toolchain: Option<&str>) {
    let add = Tool::new("rustup").words("target add").arg(target);
    if let Err(failure) = with_toolchain(add, toolchain).output() {
        println!("{failure}");
    }
}

/// What the compilers put into a binary of their own: name, version, licence.
pub(crate) fn runtime(target: &str) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut runtime = vec![("rust-std", RUST, "MIT OR Apache-2.0")];
    if target.ends_with("linux-musl") {
        runtime.push(("musl", MUSL, "MIT"));
    }
    runtime
}

/// The SBOM names the version where zig is not there, too.
fn refuse_another_musl(python: &Path) -> Result {
    let folder = Tool::new(python).arg("-c").arg(FOLDER_OF_ZIG).output()?;
    let file = Path::new(folder.trim()).join("lib/libc/musl/src/internal/version.h");
    if workspace::read(&file)?.contains(&format!("\"{MUSL}\"")) {
        return Ok(());
    }
    Err(Failure::new(format!("zig brings another musl than {MUSL}")))
}

/// The notice of the C library, where the target's binary has that in it.
pub(crate) fn notice_of_libc(target: &str) -> Result<Option<String>> {
    let Some((_, notice)) = NOTICES.iter().find(|(end, _)| target.ends_with(end)) else {
        return Ok(None);
    };
    let python = install()?.join("python3");
    let folder = Tool::new(python).arg("-c").arg(FOLDER_OF_ZIG).output()?;
    workspace::read(&Path::new(folder.trim()).join(notice)).map(Some)
}

/// Panics name source files. Where cargo keeps them on this machine is in no binary:
/// two machines build the same.
fn without_our_folders() -> Result<String> {
    let all = sources::all()?;
    let registries = all.iter().filter(|source| source.is_of_registry);
    let folders: BTreeSet<&Path> = registries
        .filter_map(|source| source.folder.parent())
        .collect();
    let flags = folders.iter();
    let flags = flags.map(|folder| format!("--remap-path-prefix={}=/cargo", folder.display()));
    Ok(flags.collect::<Vec<_>>().join(SEPARATOR))
}

/// Where cargo-zigbuild and zig are. What is there of other versions, or of an installation
/// that was cut off, is made anew.
fn install() -> Result<PathBuf> {
    let environment = workspace::target("zigbuild");
    let (bin, done) = (environment.join("bin"), environment.join("installed"));
    if std::fs::read_to_string(&done).is_ok_and(|text| text == WHEELS) {
        return Ok(bin);
    }
    let make = Tool::new("python3").words("-m venv --clear");
    make.arg(&environment).run()?;
    Tool::new(bin.join("pip"))
        .words("install --quiet --disable-pip-version-check --require-hashes --only-binary :all:")
        .words("--requirement xtask/src/toolchain/wheels.txt")
        .run()?;
    refuse_another_musl(&bin.join("python3"))?;
    std::fs::write(&done, WHEELS).map_err(|error| Failure::file(&done, &error))?;
    Ok(bin)
}

/// The compiler of all that is handed out: with another one the digest is another.
pub(crate) const RUST: &str = "1.95.0";

/// The C library of zig's that is in a static binary.
const MUSL: &str = "1.2.5";

/// zig and what calls it, each with its version.
pub(crate) fn packages() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = WHEELS.lines().map(|line| line.trim_end_matches(" \\"));
    lines.filter_map(|line| line.split_once("=="))
}

const WHEELS: &str = include_str!("toolchain/wheels.txt");
/// What a release has at hand, and what no crate's build script is to see.
const SECRETS: [&str; 9] = [
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "CARGO_REGISTRY_TOKEN",
    "COSIGN_PASSWORD",
    "GITHUB_TOKEN",
    "GH_TOKEN",
];
const FOLDER_OF_ZIG: &str = "import ziglang; print(ziglang.__path__[0])";
const NOTICES: [(&str, &str); 2] = [
    ("linux-musl", "lib/libc/musl/COPYRIGHT"),
    ("windows-gnu", "lib/libc/mingw/COPYING"),
];
/// Between flags in cargo's variable: a path may have spaces.
const SEPARATOR: &str = "\u{1f}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wheels_are_named_once() {
        let names: Vec<_> = packages().map(|(name, _)| name).collect();
        assert_eq!(names, ["cargo-zigbuild", "ziglang"]);
        assert!(packages().all(|(_, version)| version.split('.').count() == 3));
    }

    #[test]
    fn a_recipe_is_what_cargo_is_told() {
        let gnu = Recipe {
            target: "x86_64-unknown-linux-gnu",
            glibc: Some("2.17"),
            features: &["pkcs11", "spiffe"],
        };
        assert_eq!(
            gnu.arguments().join(" "),
            "--target x86_64-unknown-linux-gnu.2.17 --features pkcs11,spiffe"
        );
        assert!(
            gnu.binary()
                .ends_with("x86_64-unknown-linux-gnu/release/iamra")
        );
        let windows = Recipe::of("x86_64-pc-windows-gnu");
        assert_eq!(
            windows.arguments().join(" "),
            "--target x86_64-pc-windows-gnu"
        );
        assert!(windows.binary().ends_with("release/iamra.exe"));
    }
}
