use std::ffi::OsString;
use std::process::ExitStatus;

use iamra_sandbox::Sandbox;
use refresh::FaultKind;
use tokio::process::{Child, Command};

use super::folder::Folder;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// What of our environment the command must not see: it would mix the real
/// services with the sandbox.
const FOREIGN: [&str; 6] = [
    "VAULT_",
    "BAO_",
    "AWS_",
    "IAMRA_",
    "ACTIONS_ID_TOKEN_",
    "SSL_CERT_",
];

/// Runs the command with the sandbox's environment; ends with its exit code.
pub(super) async fn run(
    words: Vec<OsString>,
    folder: &Folder,
    sandbox: &Sandbox,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    let mut words = words.into_iter();
    let program = words.next().unwrap_or_default();
    let path = path(folder, context)?;
    let mut command = Command::new(&program);
    command.args(words).kill_on_drop(true);
    for name in context.settings.environment().names() {
        let text = name.to_string_lossy();
        if FOREIGN.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command.envs(folder.environment(sandbox)).env("PATH", path);
    let mut child = command.spawn().map_err(|error| {
        let message = format!("cannot run {}: {error}", program.display());
        Failure::new("sandbox.command", FaultKind::Configuration, message)
    })?;
    tokio::select! {
        status = child.wait() => Ok(exit(status?)),
        // The terminal has told the child, too; what counts is how it ends.
        interruption = interrupted() => {
            forward(interruption?, &child);
            Ok(exit(child.wait().await?))
        }
    }
}

/// The sandbox's own folder first: `iamra` is this binary.
fn path(folder: &Folder, context: &Context<'_>) -> Result<OsString, Failure> {
    let inherited = context
        .settings
        .environment()
        .value("PATH")
        .unwrap_or_default();
    let inherited = std::env::split_paths(inherited);
    std::env::join_paths(std::iter::once(folder.bin()).chain(inherited))
        .map_err(|error| Failure::new("sandbox.failed", FaultKind::Failed, error))
}

/// Who wants us to end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Interruption {
    /// The terminal: everything that runs in it is told.
    Terminal,
    /// Somebody who told only us.
    Sender,
}

/// Waits for an interrupt, or for being asked to end.
pub(super) async fn interrupted() -> Result<Interruption, Failure> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            ended = tokio::signal::ctrl_c() => ended?,
            _ = terminated.recv() => return Ok(Interruption::Sender),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(Interruption::Terminal)
}

/// Passes on what the child was not told.
#[cfg(unix)]
fn forward(interruption: Interruption, child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if interruption == Interruption::Sender
        && let Some(id) = id.and_then(Pid::from_raw)
    {
        // It may have ended already, which is what is wanted.
        let _ = kill_process(id, Signal::TERM);
    }
}

#[cfg(not(unix))]
fn forward(_: Interruption, _: &Child) {}

/// A command that a signal ended has the code that shells give it.
fn exit(status: ExitStatus) -> Exit {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Exit::OfCommand(u8::try_from(128 + signal).unwrap_or(u8::MAX));
    }
    let code = status.code().unwrap_or(1);
    Exit::OfCommand(u8::try_from(code).unwrap_or(1))
}
