use std::path::{Path, PathBuf};

use crate::clippy;
use crate::codegen;
use crate::deny;
use crate::failure::Result;
use crate::stages::{self, Stage};
use crate::test;
use crate::tidy;
use crate::tool::Tool;
use crate::workspace;

/// Everything that a change has to pass, in the order in which it fails fastest.
///
/// Needs Rust and a C compiler. The first run also installs cargo-deny into the
/// target folder.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Formatting, tidy, lints and unit tests only: for the minutes before a commit.
    #[arg(long)]
    fast: bool,
    /// Where no registry can be reached: skip what would have to be installed, loudly.
    #[arg(long)]
    offline: bool,
    /// Every crate and every feature by itself, and nothing else: for the nightly run.
    #[arg(long, conflicts_with = "fast")]
    alone: bool,
}

pub(crate) fn run(args: &Args) -> Result {
    let deny = || deny::check(args.offline);
    let fast: [Stage<'_>; 4] = [
        ("fmt", &format),
        ("tidy", &tidy::run),
        ("clippy", &clippy::workspace),
        ("unit tests", &test::unit),
    ];
    let all: [Stage<'_>; 9] = [
        ("fmt", &format),
        ("tidy", &tidy::run),
        ("clippy", &clippy::everything),
        ("clippy per feature", &clippy::each_feature),
        ("deny", &deny),
        ("docs", &documentation),
        ("tests", &test::everything),
        ("codegen", &codegen::check),
        ("image", &image),
    ];
    if args.alone {
        stages::run(&[("clippy, each alone", &clippy::alone)])
    } else if args.fast {
        stages::run(&fast)
    } else {
        stages::run(&all)
    }
}

fn format() -> Result {
    Tool::cargo("fmt --all --check").run()
}

/// The image of the binary that the tests have built, put together twice by the release
/// tools that they have built.
fn image() -> Result {
    Tool::new(workspace::binary("debug/release_tools"))
        .words("image --verify-reproducible --binary")
        .arg(stripped(&workspace::binary("debug/iamra")))
        .arg("--output")
        .arg(workspace::target("image-of-tests"))
        .run()
}

/// Without what only debuggers read, which is half of it: packing takes the time.
fn stripped(binary: &Path) -> PathBuf {
    let stripped = workspace::target("iamra-of-tests");
    let strip = Tool::new("strip").arg("-o").arg(&stripped).arg(binary);
    match strip.run() {
        Ok(()) => stripped,
        Err(failure) => {
            println!("{failure}: it is packed as it is");
            binary.to_owned()
        }
    }
}

/// An example, any, has cargo take others' crates as clippy has checked them.
fn documentation() -> Result {
    Tool::cargo("doc --workspace --no-deps --locked --features xtask/release")
        .words("--lib --example custom_signer")
        .env("RUSTDOCFLAGS", "-Dwarnings")
        .run()
}
