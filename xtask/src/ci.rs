use crate::clippy;
use crate::codegen;
use crate::deny;
use crate::failure::Result;
use crate::stages::{self, Stage};
use crate::test;
use crate::tidy;
use crate::tool::Tool;

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
    let all: [Stage<'_>; 8] = [
        ("fmt", &format),
        ("tidy", &tidy::run),
        ("clippy", &clippy::workspace),
        ("clippy per feature", &clippy::each_feature),
        ("deny", &deny),
        ("docs", &documentation),
        ("codegen", &codegen::check),
        ("tests", &test::everything),
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

fn documentation() -> Result {
    Tool::cargo("doc --workspace --no-deps --locked")
        .env("RUSTDOCFLAGS", "-Dwarnings")
        .run()
}
