use clap::Command;
use ecr_auth::{DockerConfigEdit, RegistryHost};
use serde::Serialize;

use crate::commands::verb;
use crate::context::Context;
use crate::ecr::{AuthFile, ForeignHelper, Keeper, Obtained, Registries, TokenGroup, Tokens};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::{audit, output, settings};

pub(crate) fn command() -> Command {
    verb(
        "login",
        "Log docker, podman, helm or oras in to registries",
        |command| {
            let own = [
                &settings::OUTPUT,
                &settings::REGISTRIES,
                &settings::AUTH_FILE,
            ];
            with_settings(command, &super::groups(&own))
        },
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Writes a token into the file in which a client has its logins, under the registry's bare name, and \
takes older spellings of that name out. Everything else in the file stays byte for byte. Where the \
file names a credential helper for the registry, the helper is given the login instead, as the client \
itself does.";

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    // Everything that can be wrong here is said before anybody is called.
    let registries = Registries::named(context)?;
    let file = AuthFile::named(context)?;
    file.keepers(&[])?;
    let tokens = Tokens::new(context)?;
    let mut done = Vec::new();
    let mut failures = Vec::new();
    for group in registries.groups() {
        match log_in(context, &file, &tokens, group).await {
            Ok((logins, missed)) => {
                done.extend(logins);
                failures.extend(missed);
            }
            Err(failure) => failures.push(failure),
        }
    }
    report(&done, wants_json)?;
    super::ended(failures, done.is_empty())
}

/// A login that was made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    registry: String,
    /// The file, or the helper that keeps it.
    kept_by: String,
    expires_at: Option<String>,
}

/// Logs in to the registries of one token: what came of it, and what failed.
async fn log_in(
    context: &Context<'_>,
    file: &AuthFile,
    tokens: &Tokens<'_>,
    group: TokenGroup,
) -> Result<(Vec<Done>, Vec<Failure>), Failure> {
    if let Some(done) = of_our_helper(file, &group.hosts)? {
        return Ok((done, Vec::new()));
    }
    let obtained = Obtained::of(group, tokens).await?;
    let keepers = file.keepers(&obtained.hosts)?;
    let mut edit = DockerConfigEdit::new();
    let (mut in_file, mut done, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for (login, keeper) in obtained.logins()?.into_iter().zip(keepers) {
        let mut made = Done::new(login.host(), &keeper, file);
        made.expires_at = Some(obtained.expires_at());
        match keeper {
            Keeper::OurHelper(_) => {
                made.expires_at = None;
                done.push(made);
            }
            Keeper::File => {
                edit = edit.log_in(login);
                in_file.push(made);
            }
            Keeper::Helper(name) => match ForeignHelper::new(&name, context).store(&login).await {
                Ok(()) => done.push(made),
                Err(failure) => failures.push(failure.about(login.host())),
            },
        }
    }
    if !in_file.is_empty() {
        match write(file, &edit) {
            Ok(()) => done.append(&mut in_file),
            Err(failure) => failures.push(failure),
        }
    }
    for made in done.iter().filter(|made| made.expires_at.is_some()) {
        audit::token_handed_out("login", &made.registry, &obtained.token, None);
    }
    Ok((done, failures))
}

/// Where the client asks us for all of these itself, no token is needed now.
fn of_our_helper(file: &AuthFile, hosts: &[RegistryHost]) -> Result<Option<Vec<Done>>, Failure> {
    let keepers = file.keepers(hosts)?;
    let is_ours = |keeper: &Keeper| matches!(keeper, Keeper::OurHelper(_));
    if hosts.is_empty() || !keepers.iter().all(is_ours) {
        return Ok(None);
    }
    let both = hosts.iter().zip(&keepers);
    let done = both.map(|(host, keeper)| Done::new(host.as_str(), keeper, file));
    Ok(Some(done.collect()))
}

fn write(file: &AuthFile, edit: &DockerConfigEdit) -> Result<(), Failure> {
    for host in file.edit(edit)?.hosts {
        for removed in host.removed {
            tracing::info!(path = %file.path().display(), "took the login of {removed} out: {} has one", host.host);
        }
    }
    Ok(())
}

impl Done {
    fn new(registry: &str, keeper: &Keeper, file: &AuthFile) -> Self {
        Self {
            registry: registry.to_owned(),
            kept_by: match keeper {
                Keeper::File => file.path().display().to_string(),
                Keeper::OurHelper(name) | Keeper::Helper(name) => {
                    format!("docker-credential-{name}")
                }
            },
            expires_at: None,
        }
    }
}

fn report(done: &[Done], wants_json: bool) -> Result<(), Failure> {
    if wants_json {
        return output::print_json(&done);
    }
    let lines = done.iter().map(|login| {
        let Done {
            registry, kept_by, ..
        } = login;
        match &login.expires_at {
            Some(until) => format!("logged in to {registry} until {until}: {kept_by}\n"),
            None => format!("{registry}: the client asks {kept_by}, which needs no login\n"),
        }
    });
    output::print(&lines.collect::<String>())
}
