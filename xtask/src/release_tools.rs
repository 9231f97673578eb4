use clap::{Parser, Subcommand};

use crate::failure::Result;
use crate::{dist, image};

/// Images, packages and releases.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct ReleaseTools {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Image(image::Args),
    Dist(dist::Args),
}

pub(crate) fn run() -> Result {
    match ReleaseTools::parse().command {
        Command::Image(args) => image::run(&args),
        Command::Dist(args) => dist::run(&args),
    }
}
