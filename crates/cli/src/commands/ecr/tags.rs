use clap::{Arg, ArgMatches, Command};
use ecr_auth::{RegistryClient, RegistryHost, RepositoryName};
use serde::Serialize;

use crate::commands::verb;
use crate::context::Context;
use crate::ecr::{Obtained, Registries, TokenGroup, Tokens, registry_endpoint, registry_http};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::{output, settings};

pub(crate) fn command() -> Command {
    verb("tags", "List the tags of a repository", |command| {
        let own = [
            &settings::OUTPUT,
            &settings::REGISTRIES,
            &settings::REGISTRY_ENDPOINT,
        ];
        let repository = Arg::new(REPOSITORY)
            .required(true)
            .help("The repository: HOST/NAME, or NAME where --registry, --account or the own registry is meant");
        with_settings(command, &super::groups(&own)).arg(repository)
    })
}

pub(crate) async fn run(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let named = matches.get_one::<String>(REPOSITORY);
    let named = named.map(String::as_str).unwrap_or_default();
    let (group, repository) = target(context, named)?;
    let tokens = Tokens::new(context)?;
    let obtained = Obtained::of(group, &tokens).await?;
    let host = obtained.host()?;
    let http = registry_http(&context.settings)?;
    let client = RegistryClient::new(&http, host.clone(), &obtained.token);
    let client = registry_endpoint(client, &context.settings)?;
    let tags = client.tags(&repository).await?;
    if wants_json {
        output::print_json(&Listing {
            registry: host.as_str(),
            repository: repository.as_str(),
            tags: &tags,
        })?;
    } else {
        let lines = tags.iter().map(|tag| format!("{tag}\n"));
        output::print(&lines.collect::<String>())?;
    }
    Ok(Exit::Done)
}

/// The registry and the repository in it.
fn target(context: &Context<'_>, named: &str) -> Result<(TokenGroup, RepositoryName), Failure> {
    // A host has dots, and what is before a repository's first slash seldom.
    if let Some((host, repository)) = named.split_once('/')
        && host.contains('.')
    {
        let host: RegistryHost = host.parse().map_err(|error| no_registry(&error))?;
        let group = TokenGroup {
            scope: host.scope().clone(),
            hosts: vec![host],
        };
        return Ok((group, parsed(repository)?));
    }
    let mut groups = Registries::named(context)?.groups();
    match (groups.pop(), groups.is_empty()) {
        (Some(group), true) if group.hosts.len() <= 1 => Ok((group, parsed(named)?)),
        _ => Err(Failure::configuration(
            "config.invalid",
            "several registries are named: say which one, as HOST/NAME",
        )),
    }
}

fn parsed(repository: &str) -> Result<RepositoryName, Failure> {
    let parsed = repository.parse();
    parsed.map_err(|error: ecr_auth::InvalidRepositoryName| {
        Failure::configuration("config.invalid", error.to_string())
    })
}

fn no_registry(error: &ecr_auth::InvalidRegistryHost) -> Failure {
    Failure::configuration("ecr.no-registry", error.to_string())
}

#[derive(Serialize)]
struct Listing<'a> {
    registry: &'a str,
    repository: &'a str,
    tags: &'a [String],
}

const REPOSITORY: &str = "repository";
