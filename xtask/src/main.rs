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
mod failure;
mod image;
mod peers;
mod stages;
mod test;
mod tidy;
mod tool;
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
    Image(image::Args),
    /// Checks what the compiler does not: crate arrows, file sizes, words, manifests, links.
    Tidy,
    /// Installs the real peers that a registry has into `target/peers`, and lists them all.
    Peers,
}

fn main() -> ExitCode {
    let result = match Xtask::parse().command {
        Command::Ci(args) => ci::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Codegen(args) => codegen::run(&args),
        Command::Image(args) => image::run(&args),
        Command::Tidy => tidy::run(),
        Command::Peers => {
            peers::run();
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            ExitCode::FAILURE
        }
    }
}
