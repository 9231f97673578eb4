use std::ffi::OsString;

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;

/// Arguments for the release tools, which read them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENT"
    )]
    rest: Vec<OsString>,
}

/// Hands a command on to the release tools.
///
/// They are a program of their own, behind a feature: who only runs the tests compiles
/// no client of registries.
pub(crate) fn run(command: &str, args: &Args) -> Result {
    let tools = "run --quiet --locked --package xtask --features release --bin release_tools --";
    let tools = Tool::cargo(tools).arg(command).args(&args.rest);
    if tools.tells()? {
        return Ok(());
    }
    Err(Failure::told())
}
