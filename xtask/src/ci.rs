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
        ("clippy", &clippy::workspace),
        ("clippy per feature", &clippy::each_feature),
        ("deny", &deny),
        ("docs", &documentation),
        ("codegen", &codegen::check),
        ("tests", &test::everything),
        ("image", &image),
    ];
    if args.fast {
        stages::run(&fast)
    } else {
        stages::run(&all)
    }
}

fn format() -> Result {
    Tool::cargo("fmt --all --check").run()
}

/// The image of the binary that the tests have built, put together twice.
fn image() -> Result {
    Tool::cargo("run --quiet --locked --package xtask --features release --bin release_tools --")
        .words("image --verify-reproducible --binary")
        .arg(workspace::binary("debug/iamra"))
        .arg("--output")
        .arg(workspace::target("image-of-tests"))
        .run()
}

fn documentation() -> Result {
    Tool::cargo("doc --workspace --no-deps --locked")
        .env("RUSTDOCFLAGS", "-Dwarnings")
        .run()
}
