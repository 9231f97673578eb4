use clap::{ArgMatches, Command};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::Group;
use crate::settings;

pub(crate) mod check;
pub(crate) mod docker_config;
pub(crate) mod docker_credential;
pub(crate) mod kubelet_config;
pub(crate) mod kubelet_provider;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod parse;
pub(crate) mod tags;
pub(crate) mod token;

pub(crate) fn command() -> Command {
    Command::new("ecr")
        .about("Authorization tokens of ECR for whoever pulls, pushes or lists")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(token::command())
        .subcommand(login::command())
        .subcommand(logout::command())
        .subcommand(docker_credential::command())
        .subcommand(docker_config::command())
        .subcommand(kubelet_provider::command())
        .subcommand(kubelet_config::command())
        .subcommand(check::command())
        .subcommand(tags::command())
        .subcommand(parse::command())
}

/// Runs a verb.
pub(crate) async fn run(
    verb: &str,
    matches: &ArgMatches,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    match verb {
        "token" => token::run(context).await,
        "login" => login::run(context).await,
        "logout" => logout::run(context).await,
        "docker-credential" => docker_credential::run(matches, context).await,
        "docker-config" => docker_config::run(context),
        "kubelet-provider" => kubelet_provider::run(context).await,
        "kubelet-config" => kubelet_config::run(context),
        "check" => check::run(context).await,
        "tags" => tags::run(matches, context).await,
        "parse" => parse::run(matches, context),
        _ => Err(super::no_such_command()),
    }
}

/// What every verb that needs a token reads.
pub(crate) fn groups(own: &[&'static Group]) -> Vec<&'static Group> {
    let mut groups = own.to_vec();
    groups.extend([
        &settings::ECR_CREDENTIALS,
        &settings::AMBIENT,
        &settings::CONTAINER_ENDPOINT,
        &settings::TOKEN_CACHE,
        &settings::ECR_ENDPOINTS,
    ]);
    super::creds::groups(&groups)
}

/// The last failure ends the command; the others are said here. Where others
/// were done, that is the exit code.
pub(super) fn ended(mut failures: Vec<Failure>, in_vain: bool) -> Result<Exit, Failure> {
    let Some(last) = failures.pop() else {
        return Ok(Exit::Done);
    };
    for failure in &failures {
        crate::output::report(failure);
    }
    Err(if in_vain { last } else { last.after_others() })
}
