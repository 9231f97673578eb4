use clap::{Parser, Subcommand};

use crate::failure::Result;
use crate::{attest, dist, image, publish, registry, release, signature};

/// Images, packages and releases.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct ReleaseTools {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Image(Box<image::Args>),
    Release(release::Args),
    Publish(publish::Args),
    Sign(signature::Args),
    Mirror(registry::MirrorArgs),
    Attest(attest::Args),
    Dist(dist::Args),
}

pub(crate) fn run() -> Result {
    match ReleaseTools::parse().command {
        Command::Image(args) => image::run(&args),
        Command::Release(args) => release::run(&args),
        Command::Publish(args) => publish::run(&args),
        Command::Sign(args) => signature::run(&args),
        Command::Attest(args) => attest::run(&args),
        Command::Mirror(args) => registry::mirror(&args),
        Command::Dist(args) => dist::run(&args),
    }
}
