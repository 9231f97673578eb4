use clap::Command;

pub(crate) mod aws;
mod hcl;
mod host_name;
#[cfg(feature = "pods")]
mod pods;
mod said;
pub(crate) mod vault;

pub(crate) fn command() -> Command {
    Command::new("setup")
        .about("What must be there before the first certificate, as commands to run")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(vault::command())
        .subcommand(aws::command())
}
