//! What this project does to itself, as `cargo xtask COMMAND`.
//!
//! CI runs exactly these commands; there is no other list of checks.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for people: what it prints is what it is for"
)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod ci;
mod clippy;
mod codegen;
mod demo;
mod deny;
#[cfg(feature = "release")]
mod dist;
mod failure;
mod handed;
#[cfg(feature = "release")]
mod image;
mod peers;
#[cfg(feature = "release")]
mod release_tools;
#[cfg(feature = "release")]
mod sbom;
#[cfg(feature = "release")]
mod sources;
mod stages;
mod test;
mod tidy;
mod tool;
#[cfg(feature = "release")]
mod toolchain;
mod workspace;

use failure::Failure;

/// Checks, shows and measures iamra. Every command runs from a fresh clone.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Ci(ci::Args),
    Test(test::Args),
    Demo(demo::Args),
    Bench(bench::Args),
    Codegen(codegen::Args),
    /// Builds the image of the static binary: an OCI layout, for one platform or more.
    #[command(disable_help_flag = true)]
    Image(handed::Args),
    /// Builds what a user downloads: archives, packages, licences, sums.
    #[command(disable_help_flag = true)]
    Dist(handed::Args),
    /// Checks what the compiler does not: crate arrows, file sizes, words, manifests, links.
    Tidy,
    /// Installs the real peers that a registry has into `target/peers`, and lists them all.
    Peers,
}

/// `cargo xtask`.
pub fn main() -> ExitCode {
    let result = match Xtask::parse().command {
        Command::Ci(args) => ci::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Codegen(args) => codegen::run(&args),
        Command::Image(args) => handed::run("image", &args),
        Command::Dist(args) => handed::run("dist", &args),
        Command::Tidy => tidy::run(),
        Command::Peers => {
            peers::run();
            Ok(())
        }
    };
    code(result)
}

/// What `cargo xtask` hands on: the commands that need more than Rust's own tools.
#[cfg(feature = "release")]
pub fn release_tools() -> ExitCode {
    code(release_tools::run())
}

fn code(result: failure::Result) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_told() {
                eprintln!("\nxtask: {failure}");
            }
            ExitCode::FAILURE
        }
    }
}
