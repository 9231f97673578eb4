use std::ffi::OsString;

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

/// Measures the release build against the budgets and against its peers.
///
/// Medians over many runs, over HTTP and over HTTPS with a private CA, against
/// the sandbox on this machine. An absent peer is named as absent. Numbers of a
/// busy machine are the busy machine's.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How often each command runs.
    #[arg(long, default_value_t = 40)]
    runs: u32,
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

pub(crate) fn run(args: &Args) -> Result {
    if !args.measured.is_empty() {
        return measurement::measure(&args.measured, args.runs);
    }
    if args.inside {
        return pipeline::run(args.runs);
    }
    Tool::cargo("build --release --locked --package iamra").run()?;
    Tool::cargo("build --locked --package iamra").run()?;
    for transport in ["", "--tls"] {
        inside_sandbox(transport, args.runs)?;
    }
    println!("\nsigning, one thread, release build");
    Tool::cargo("run --quiet --release --locked --package xtask --example signing_rate").run()?;
    size::of_release()?;
    if args.sizes {
        size::by_feature()?;
    }
    entropy::check()
}

fn inside_sandbox(transport: &str, runs: u32) -> Result {
    let own = std::env::current_exe()
        .map_err(|error| Failure::new(format!("which program is this? {error}")))?;
    Tool::new(workspace::binary("release/iamra"))
        .words(&format!("sandbox {transport} --"))
        .arg(own)
        .words(&format!("bench --inside --runs {runs}"))
        .run()
}
