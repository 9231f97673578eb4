//! One module for each command; below it one file for each verb.

use clap::{ArgMatches, Command};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

pub(crate) mod cert;
pub(crate) mod config;
pub(crate) mod creds;
pub(crate) mod doctor;
#[cfg(feature = "ecr")]
pub(crate) mod ecr;
pub(crate) mod explain;
pub(crate) mod health;
#[cfg(feature = "kubernetes")]
pub(crate) mod k8s;
#[cfg(feature = "kubernetes")]
pub(crate) mod migrate;
pub(crate) mod run;
#[cfg(feature = "sandbox")]
pub(crate) mod sandbox;
pub(crate) mod setup;

/// The whole command line.
pub fn command() -> Command {
    let command = Command::new("iamra")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Vault certificates into AWS credentials, without long-lived keys")
        .long_about(ABOUT)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .max_term_width(100)
        .subcommand(cert::command())
        .subcommand(creds::command());
    #[cfg(feature = "ecr")]
    let command = command.subcommand(ecr::command());
    #[cfg(feature = "kubernetes")]
    let command = command.subcommand(k8s::command());
    let command = command
        .subcommand(doctor::command())
        .subcommand(explain::command())
        .subcommand(setup::command())
        .subcommand(config::command())
        .subcommand(run::command());
    #[cfg(feature = "kubernetes")]
    let command = command.subcommand(migrate::command());
    let command = command.subcommand(health::command());
    #[cfg(feature = "sandbox")]
    let command = command.subcommand(sandbox::command());
    command
}

const ABOUT: &str = "\
Logs in to Vault or OpenBao, has a certificate signed, opens an IAM Roles Anywhere session with it, \
and hands the credentials to whoever needs them.

Every setting is a flag, a variable (IAMRA_ and its name) and a key of the config file. A flag is \
stronger than our variable, that than the ecosystem's own, and that than the config file.

An error has its code in brackets: iamra explain CODE says what stands behind it.";

/// A verb. Its flags are made only when it is the one that is called: making
/// those of all verbs takes as long as a session.
pub(crate) fn verb(
    name: &'static str,
    about: &'static str,
    flags: fn(Command) -> Command,
) -> Command {
    Command::new(name).about(about).defer(flags)
}

/// The innermost subcommand's name and arguments: `creds process`.
pub(crate) fn innermost(matches: &ArgMatches) -> (Vec<&str>, &ArgMatches) {
    let mut names = Vec::new();
    let mut matches = matches;
    while let Some((name, inner)) = matches.subcommand() {
        names.push(name);
        matches = inner;
    }
    (names, matches)
}

/// Runs the verb that `names` stand for.
pub(crate) async fn run(
    names: &[&str],
    matches: &ArgMatches,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    match names {
        ["cert", "check"] => cert::check::run(context).await,
        ["cert", "show"] => cert::show::run(context),
        #[cfg(feature = "vault")]
        ["cert", "issue"] => cert::issue::run(context).await,
        #[cfg(feature = "vault")]
        ["cert", "watch"] => cert::watch::run(context).await,
        #[cfg(feature = "vault")]
        ["cert", "trust-anchor"] => cert::trust_anchor::run(context).await,
        #[cfg(feature = "vault")]
        ["cert", "revoke"] => cert::revoke::run(matches, context).await,
        ["creds", "process"] => creds::process::run(context).await,
        ["creds", "file"] => creds::file::run(context).await,
        #[cfg(feature = "serve")]
        ["creds", "serve"] => Box::pin(creds::serve::run(context)).await,
        ["creds", "exec"] => creds::exec::run(matches, context).await,
        ["creds", "env"] => creds::env::run(context).await,
        ["creds", "check"] => creds::check::run(context).await,
        #[cfg(feature = "ecr")]
        ["ecr", verb] => ecr::run(verb, matches, context).await,
        #[cfg(feature = "kubernetes")]
        ["k8s", verb] => Box::pin(k8s::run(verb, matches, context)).await,
        ["config", "print"] => config::print::run(context),
        ["config", "check"] => config::check::run(context).await,
        ["setup", "vault"] => setup::vault::run(context),
        ["setup", "aws"] => setup::aws::run(context),
        #[cfg(feature = "kubernetes")]
        ["migrate"] => migrate::run(matches, context),
        ["run"] => run::run(context).await,
        ["doctor"] => doctor::run(context).await,
        ["explain"] => explain::run(matches, context),
        ["health"] => health::run(context).await,
        #[cfg(feature = "sandbox")]
        ["sandbox"] => sandbox::run(matches, context).await,
        _ => Err(no_such_command()),
    }
}

fn no_such_command() -> Failure {
    Failure::configuration("config.invalid", "there is no such command")
}

/// Says what failed, where whoever called reads it.
#[cfg_attr(
    not(feature = "ecr"),
    expect(unused_variables, reason = "only docker reads elsewhere")
)]
pub(crate) fn report(names: &[&str], matches: &ArgMatches, failure: &Failure) -> Exit {
    #[cfg(feature = "ecr")]
    if names == ["ecr", "docker-credential"] {
        return ecr::docker_credential::report(matches, failure);
    }
    crate::output::report(failure);
    failure.exit()
}
