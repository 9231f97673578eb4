use clap::Command;

use crate::setting::Group;
use crate::settings;

pub(crate) mod check;
pub(crate) mod env;
pub(crate) mod exec;
pub(crate) mod file;
pub(crate) mod process;
#[cfg(feature = "serve")]
pub(crate) mod serve;

pub(crate) fn command() -> Command {
    let command = Command::new("creds")
        .about("AWS credentials from a certificate")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(process::command())
        .subcommand(file::command())
        .subcommand(env::command())
        .subcommand(exec::command())
        .subcommand(check::command());
    #[cfg(feature = "serve")]
    let command = command.subcommand(serve::command());
    command
}

/// What every verb that opens a session reads.
pub(crate) fn groups(own: &[&'static Group]) -> Vec<&'static Group> {
    let mut groups = own.to_vec();
    groups.extend([
        &settings::SESSION,
        &settings::ROLE_CHAIN,
        &settings::PEM_FILES,
        &settings::KEY_FILE,
        #[cfg(feature = "spiffe")]
        &settings::WORKLOAD_API,
    ]);
    #[cfg(feature = "vault")]
    groups.extend([
        &settings::CERTIFICATE_REQUEST,
        &settings::VAULT_LOGIN,
        &settings::VAULT_CONNECTION,
    ]);
    groups.extend([&settings::AWS_CONNECTION, &settings::PROXIES]);
    groups
}
