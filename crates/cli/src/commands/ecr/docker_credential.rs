use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::{Arg, ArgMatches, Command};
use ecr_auth::{
    CREDENTIALS_NOT_FOUND, HelperAction, HelperCredentials, HelperRequest, LONGEST_HELPER_REQUEST,
    RegistryHost, helper_list_json,
};
use zeroize::Zeroizing;

use crate::commands::verb;
use crate::context::Context;
use crate::ecr::{Registries, Tokens};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::{audit, output, settings, stdin};

pub(crate) fn command() -> Command {
    verb(
        "docker-credential",
        "Answer docker's credential-helper protocol",
        |command| {
            let own = [&settings::DOCKER_ERRORS, &settings::REGISTRIES];
            let action =
                Arg::new(ACTION).help("What the client wants: get, store, erase, list or version");
            let called = Arg::new(CALLED).long(CALLED).hide(true);
            with_settings(command, &super::groups(&own))
                .arg(action)
                .arg(called)
        },
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Speaks the protocol by which docker, podman, buildah, crane and others ask for a registry's \
credentials: the action as an argument, the registry on stdin, the answer or the error on stdout, and \
exit code 1 for every failure. Linked to docker-credential-iamra or docker-credential-ecr-login and \
named in the client's file under credHelpers, it needs no argument: settings come from variables and \
from the first of iamra/config.toml in XDG_CONFIG_HOME or ~/.config, and /etc/iamra/config.toml.

store and erase do nothing, and succeed: there is nothing to keep.";

pub(crate) async fn run(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let is_quiet = is_quiet(matches, context)?;
    let ended = answer(matches, context).await;
    Ok(ended.unwrap_or_else(|failure| said(&failure, is_quiet)))
}

async fn answer(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let word = matches.get_one::<String>(ACTION).map(String::as_str);
    let Some(word) = word else {
        return Err(invalid(&usage(called(matches))));
    };
    let action: Result<HelperAction, _> = word.parse();
    let action = action.map_err(|error| invalid(&format!("{}: {error}", called(matches))))?;
    match HelperRequest::parse(action, &told(action)?).map_err(|error| invalid(&error))? {
        HelperRequest::Get { server_url } => return get(context, &server_url).await,
        HelperRequest::Store(_) | HelperRequest::Erase { .. } => {
            output::complain("note: nothing to keep: a token is had when it is asked for\n");
        }
        HelperRequest::List => output::print_bytes(&list(context)?)?,
        HelperRequest::Version => {
            let (name, version) = (called(matches), env!("CARGO_PKG_VERSION"));
            output::print(&format!("{name} (iamra) {version}\n"))?;
        }
        HelperRequest::Help => output::print(&format!("{}\n", usage(called(matches))))?,
    }
    Ok(Exit::Done)
}

/// Where a failure of this command is said: on stdout, as the protocol has it,
/// on one line; and on stderr, which is what docker shows to people.
fn said(failure: &Failure, is_quiet: bool) -> Exit {
    output::report(failure);
    let text = if is_quiet && failure.code() != REQUEST_INVALID {
        CREDENTIALS_NOT_FOUND.to_owned()
    } else {
        let hint = failure.hint().map(|hint| format!("; {hint}"));
        format!("{failure}{}", hint.unwrap_or_default())
    };
    // Where stdout is closed, nobody is there to be told.
    let _ = output::print(&format!("{text}\n"));
    Exit::Failed
}

/// The same of what is wrong with the settings themselves.
pub(crate) fn report(matches: &ArgMatches, failure: &Failure) -> Exit {
    said(failure, called(matches) == ECR_LOGIN)
}

/// Whether a command line is one of this command, before it is understood.
pub(crate) fn is_meant(arguments: &[OsString]) -> bool {
    let words = ["ecr", "docker-credential"];
    arguments.len() > 2
        && arguments[1..3]
            .iter()
            .zip(words)
            .all(|(given, word)| given == word)
}

/// What is said of one that cannot be understood.
pub(crate) fn misunderstood(arguments: &[OsString], error: &clap::Error) -> Exit {
    // Where `multicall` puts it, if we were called by a name.
    let name = match arguments.get(3..5) {
        Some([flag, name]) if *flag == *format!("--{CALLED}") => name.to_str(),
        _ => None,
    };
    // Where the stream is closed, nobody is there to be told.
    let _ = error.print();
    let _ = output::print(&format!("{}\n", usage(name.unwrap_or(OUR_NAME))));
    Exit::Failed
}

/// By which name we were called.
fn called(matches: &ArgMatches) -> &str {
    let name = matches.try_get_one::<String>(CALLED).ok().flatten();
    name.map_or(OUR_NAME, String::as_str)
}

fn usage(name: &str) -> String {
    format!("Usage: {name} <store|get|erase|list|version>")
}

async fn get(context: &Context<'_>, server_url: &str) -> Result<Exit, Failure> {
    let Ok(host) = RegistryHost::in_reference(server_url) else {
        // Another registry's: the client goes on by itself.
        return not_found();
    };
    match credentials(context, server_url, &host).await {
        Ok(answer) => output::print_bytes(&answer)?,
        // Whoever may not log in to the public registry can read it all the same.
        Err(failure) if host.is_public() => return Ok(said(&failure, true)),
        Err(failure) => return Err(failure),
    }
    Ok(Exit::Done)
}

async fn credentials(
    context: &Context<'_>,
    server_url: &str,
    host: &RegistryHost,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let tokens = Tokens::new(context)?;
    let token = tokens.token(host.scope()).await?.token;
    audit::token_handed_out("docker-credential", host.as_str(), &token, None);
    let answer = HelperCredentials::new(server_url, &token.username, token.password);
    Ok(answer.to_json())
}

fn not_found() -> Result<Exit, Failure> {
    output::print(&format!("{CREDENTIALS_NOT_FOUND}\n"))?;
    Ok(Exit::Failed)
}

/// The registries that are named, and nobody is asked for them.
fn list(context: &Context<'_>) -> Result<Vec<u8>, Failure> {
    let hosts = Registries::hosts(context)?;
    let user = |host: &RegistryHost| (format!("https://{host}"), "AWS".to_owned());
    let users: BTreeMap<_, _> = hosts.iter().map(user).collect();
    Ok(helper_list_json(&users))
}

fn is_quiet(matches: &ArgMatches, context: &Context<'_>) -> Result<bool, Failure> {
    match context.settings.sourced("docker-errors")? {
        None => Ok(called(matches) == ECR_LOGIN),
        Some(form) => match form.value.as_str() {
            "message" => Ok(false),
            "notfound" => Ok(true),
            _ => Err(form.origin.invalid("it must be message or notfound")),
        },
    }
}

/// What the client writes, where the action needs it.
fn told(action: HelperAction) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if !matches!(
        action,
        HelperAction::Get | HelperAction::Store | HelperAction::Erase
    ) {
        return Ok(Zeroizing::default());
    }
    let input = stdin::read(LONGEST_HELPER_REQUEST);
    input.map_err(|error| invalid(&format!("stdin cannot be read: {error}")))
}

fn invalid(why: &dyn std::fmt::Display) -> Failure {
    Failure::configuration(REQUEST_INVALID, why.to_string())
}

const ACTION: &str = "action";
/// The name that the program was called by, as `multicall` says it.
pub(crate) const CALLED: &str = "called";
const OUR_NAME: &str = "docker-credential-iamra";
/// Under that program's name, failures look as they do there.
const ECR_LOGIN: &str = "docker-credential-ecr-login";
const REQUEST_INVALID: &str = "docker.request-invalid";
