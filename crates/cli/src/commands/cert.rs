use clap::Command;

pub(crate) mod check;
#[cfg(feature = "vault")]
pub(crate) mod issue;
#[cfg(feature = "vault")]
pub(crate) mod revoke;
pub(crate) mod show;
#[cfg(feature = "vault")]
pub(crate) mod trust_anchor;
#[cfg(feature = "vault")]
pub(crate) mod watch;

pub(crate) fn command() -> Command {
    let command = Command::new("cert")
        .about("X.509 certificates for IAM Roles Anywhere")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true);
    #[cfg(feature = "vault")]
    let command = command
        .subcommand(issue::command())
        .subcommand(watch::command());
    let command = command
        .subcommand(check::command())
        .subcommand(show::command());
    #[cfg(feature = "vault")]
    let command = command
        .subcommand(trust_anchor::command())
        .subcommand(revoke::command());
    command
}
