use clap::{ArgMatches, Command};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::{Group, with_settings_but};
use crate::settings;

pub(crate) mod adopt;
#[cfg(feature = "pods")]
pub(crate) mod agent;
#[cfg(feature = "pods")]
pub(crate) mod broker;
pub(crate) mod diff;
pub(crate) mod manifests;
#[cfg(feature = "pods")]
pub(crate) mod pods;
pub(crate) mod preflight;
pub(crate) mod prune;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod sync;
#[cfg(feature = "pods")]
pub(crate) mod webhook;

pub(crate) fn command() -> Command {
    let command = Command::new("k8s")
        .about("Pull secrets, other Secrets and pods' roles of a Kubernetes cluster")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(sync::command())
        .subcommand(run::command())
        .subcommand(status::command())
        .subcommand(diff::command())
        .subcommand(adopt::command())
        .subcommand(prune::command())
        .subcommand(preflight::command())
        .subcommand(manifests::command());
    #[cfg(feature = "pods")]
    let command = command
        .subcommand(agent::command())
        .subcommand(broker::command())
        .subcommand(webhook::command())
        .subcommand(pods::command());
    command
}

/// Runs a verb.
pub(crate) async fn run(
    verb: &str,
    matches: &ArgMatches,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    match verb {
        "sync" => sync::run(matches, context).await,
        "run" => run::run(context).await,
        "status" => status::run(context).await,
        "diff" => diff::run(context).await,
        "adopt" => adopt::run(matches, context).await,
        "prune" => prune::run(matches, context).await,
        "preflight" => preflight::run(matches, context).await,
        "manifests" => manifests::run(context),
        #[cfg(feature = "pods")]
        "agent" => Box::pin(agent::run(context)).await,
        #[cfg(feature = "pods")]
        "broker" => Box::pin(broker::run(context)).await,
        #[cfg(feature = "pods")]
        "webhook" => Box::pin(webhook::run(context)).await,
        #[cfg(feature = "pods")]
        "pods" => Box::pin(pods::run(context)).await,
        _ => Err(super::no_such_command()),
    }
}

/// The flags of a verb that fills Secrets, but those of these names, which would
/// say nothing to it.
fn filling(command: Command, own: &[&'static Group], but: &[&'static str]) -> Command {
    with_settings_but(command, &super::ecr::groups(&targets(own)), but)
}

/// The same of a verb that asks nobody but the cluster.
fn looking(command: Command, own: &[&'static Group], but: &[&'static str]) -> Command {
    let mut groups = targets(own);
    groups.push(&settings::PROXIES);
    with_settings_but(command, &groups, but)
}

/// What every verb that looks for Secrets reads.
fn targets(own: &[&'static Group]) -> Vec<&'static Group> {
    let mut groups = own.to_vec();
    groups.extend([
        &settings::CLUSTER,
        &settings::TARGETS,
        &settings::SECRET,
        &settings::REGISTRIES,
    ]);
    groups
}
