use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

mod entropy;
mod measurement;
mod pipeline;
mod round_trips;
mod row;
mod size;
#[cfg(unix)]
mod watch;

/// Measures the release build against the budgets and against its peers.
///
/// Medians over many runs, over HTTP and over HTTPS with a private CA, against
/// the sandbox on this machine. An absent peer is named as absent. Numbers of a
/// busy machine are the busy machine's.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this: `watch` refreshes a certificate many times and shows that the
    /// memory of `cert watch` stays flat.
    #[arg(value_enum)]
    part: Option<Part>,
    /// How often `watch` refreshes.
    #[arg(long, default_value_t = 10_000)]
    refreshes: u64,
    /// How often each command runs.
    #[arg(long, default_value_t = 40)]
    runs: u32,
    /// Measure a build for this target, `x86_64-unknown-linux-musl` say: what is
    /// shipped is static, starts faster and takes less memory than a build that
    /// loads the C library. Its target and C compiler must be installed.
    #[arg(long)]
    target: Option<String>,
    /// Also build the binary with each feature alone, and print the sizes: minutes.
    #[arg(long)]
    sizes: bool,
    /// The part that the sandbox starts with its variables set.
    #[arg(long, hide = true)]
    inside: bool,
    /// The part that runs a command and prints what it took.
    #[arg(last = true, hide = true)]
    measured: Vec<OsString>,
}

/// A part of the measurements that is not among the others.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Part {
    Watch,
}

pub(crate) fn run(args: &Args) -> Result {
    if !args.measured.is_empty() {
        return measurement::measure(&args.measured, args.runs);
    }
    if args.inside {
        return match args.part {
            #[cfg(unix)]
            Some(Part::Watch) => watch::run(args.refreshes),
            #[cfg(not(unix))]
            Some(Part::Watch) => Err(Failure::new("there are no signals on this system")),
            None => pipeline::run(args.runs),
        };
    }
    let binary = binary(args.target.as_deref());
    build(args.target.as_deref())?;
    if let Some(Part::Watch) = args.part {
        let words = format!("bench watch --inside --refreshes {}", args.refreshes);
        return inside_sandbox(&binary, "", &words);
    }
    Tool::cargo("build --locked --package iamra").run()?;
    for transport in ["", "--tls"] {
        let words = format!("bench --inside --runs {}", args.runs);
        inside_sandbox(&binary, transport, &words)?;
    }
    println!("\nsigning, one thread, release build");
    Tool::cargo("run --quiet --release --locked --package xtask --example signing_rate").run()?;
    size::of_release(&binary)?;
    if args.sizes {
        size::by_feature()?;
    }
    entropy::check()
}

fn build(target: Option<&str>) -> Result {
    let mut cargo = Tool::cargo("build --release --locked --package iamra");
    if let Some(target) = target {
        cargo = cargo.arg("--target").arg(target);
    }
    cargo.run()
}

/// The release binary, for a target or for this machine.
fn binary(target: Option<&str>) -> PathBuf {
    match target {
        Some(target) => workspace::binary(&format!("{target}/release/iamra")),
        None => workspace::binary("release/iamra"),
    }
}

fn inside_sandbox(binary: &Path, transport: &str, words: &str) -> Result {
    let own = std::env::current_exe()
        .map_err(|error| Failure::new(format!("which program is this? {error}")))?;
    Tool::new(binary)
        .words(&format!("sandbox {transport} --"))
        .arg(own)
        .words(words)
        .run()
}
