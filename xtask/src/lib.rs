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

#[cfg(feature = "release")]
mod attest;
mod bench;
mod book;
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
mod page;
mod peers;
mod pictures;
#[cfg(feature = "release")]
mod provenance;
#[cfg(feature = "release")]
mod publish;
#[cfg(feature = "release")]
mod registry;
#[cfg(feature = "release")]
mod release;
#[cfg(feature = "release")]
mod release_tools;
#[cfg(feature = "release")]
mod sbom;
#[cfg(feature = "release")]
mod signature;
#[cfg(feature = "release")]
mod sources;
mod stages;
mod test;
mod tidy;
mod tool;
#[cfg(feature = "release")]
mod toolchain;
mod workflows;
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
    Book(book::Args),
    /// Builds the image of the static binary: an OCI layout, for one platform or more.
    #[command(disable_help_flag = true)]
    Image(handed::Args),
    /// Makes a release, up to the push: version, changelog, checks, commit and tag.
    #[command(disable_help_flag = true)]
    Release(handed::Args),
    /// Publishes what `release` has tagged.
    #[command(disable_help_flag = true)]
    Publish(handed::Args),
    /// Signs files, so that cosign and openssl can verify them.
    #[command(disable_help_flag = true)]
    Sign(handed::Args),
    /// Says of an image how it was built, as the workflow that runs this.
    #[command(disable_help_flag = true)]
    Attest(handed::Args),
    /// Copies an image with its platforms and signatures into another registry or layout.
    #[command(disable_help_flag = true)]
    Mirror(handed::Args),
    /// Builds what a user downloads: archives, packages, licences, sums.
    #[command(disable_help_flag = true)]
    Dist(handed::Args),
    /// Checks what the compiler does not: crate arrows, file sizes, words, manifests, links,
    /// the book's order, the seeds' rows.
    Tidy,
    /// Checks the hosted workflows with zizmor.
    Workflows,
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
        Command::Book(args) => book::run(&args),
        Command::Image(args) => handed::run("image", &args),
        Command::Release(args) => handed::run("release", &args),
        Command::Publish(args) => handed::run("publish", &args),
        Command::Sign(args) => handed::run("sign", &args),
        Command::Attest(args) => handed::run("attest", &args),
        Command::Mirror(args) => handed::run("mirror", &args),
        Command::Dist(args) => handed::run("dist", &args),
        Command::Tidy => tidy::run(),
        Command::Workflows => workflows::run(),
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
