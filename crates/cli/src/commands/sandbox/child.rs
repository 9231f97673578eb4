use std::ffi::OsString;
use std::time::Duration;

use iamra_sandbox::Sandbox;
use refresh::FaultKind;
use tokio::process::Command;

use super::folder::Folder;
use crate::child::{self, Signals};
use crate::context::Context;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::Setting;

/// Runs the command with the sandbox's environment; ends with its exit code.
pub(super) async fn run(
    words: Vec<OsString>,
    (sandbox, folder): (&Sandbox, &Folder),
    signals: &mut Signals,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    let mut words = words.into_iter();
    let program = words.next().unwrap_or_default();
    let environment = context.settings.environment();
    let mut command = Command::new(&program);
    command.args(words).kill_on_drop(true);
    for name in foreign(environment) {
        command.env_remove(name);
    }
    for name in ["NO_PROXY", "no_proxy"] {
        command.env(name, LOOPBACK);
    }
    command
        .envs(folder.environment(sandbox))
        .env("PATH", path(folder, environment)?);
    let mut child = command.spawn().map_err(|error| {
        let message = format!("cannot run {}: {error}", program.display());
        Failure::new("sandbox.command", FaultKind::Configuration, message)
    })?;
    let ended = child::until_its_end(&mut child, signals, Some(GRACE)).await;
    Ok(child::exit(ended?))
}

/// The variables that would mix the real services with the sandbox: all that a
/// setting reads, and more of the same families for other programs.
fn foreign(environment: &Environment) -> Vec<OsString> {
    let settings = crate::settings::all().flat_map(Setting::all_variables);
    let of_families = environment.names().filter(|name| {
        let name = name.to_string_lossy();
        FAMILIES.iter().any(|prefix| name.starts_with(prefix))
    });
    let settings = settings.map(OsString::from);
    settings.chain(of_families.map(OsString::from)).collect()
}

/// The sandbox's own folder first: `iamra` is this binary. An empty entry
/// would be the current folder, so there is none.
fn path(folder: &Folder, environment: &Environment) -> Result<OsString, Failure> {
    let inherited = environment.value("PATH").unwrap_or_default();
    let inherited = std::env::split_paths(inherited).filter(|entry| !entry.as_os_str().is_empty());
    std::env::join_paths(std::iter::once(folder.bin()).chain(inherited))
        .map_err(|error| Failure::new("sandbox.failed", FaultKind::Failed, error))
}

/// How long the command may take to end.
const GRACE: Duration = Duration::from_secs(5);
/// What no proxy may come between.
const LOOPBACK: &str = "localhost,127.0.0.1,::1";
/// How the variables begin that we or other programs read.
const FAMILIES: [&str; 7] = [
    "VAULT_",
    "BAO_",
    "AWS_",
    "IAMRA_",
    "ACTIONS_ID_TOKEN_",
    "SSL_CERT_",
    "HTTP_PROXY",
];
