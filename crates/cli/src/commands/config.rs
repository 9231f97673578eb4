use clap::Command;

pub(crate) mod check;
pub(crate) mod print;

pub(crate) fn command() -> Command {
    Command::new("config")
        .about("The settings, and where they come from")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(check::command())
        .subcommand(print::command())
}
