use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::process::ExitStatus;
use std::time::Duration;

use iamra_sandbox::Sandbox;
use refresh::FaultKind;
use tokio::process::{Child, Command};

use super::folder::Folder;
use super::signals::{Request, Signals};
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
    Ok(exit(until_its_end(&mut child, signals).await?))
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

/// Waits for the child. It gets the signals that we get, and has [`GRACE`] to
/// end after one that means the end.
async fn until_its_end(child: &mut Child, signals: &mut Signals) -> std::io::Result<ExitStatus> {
    let id = child.id();
    tokio::select! {
        status = child.wait() => return status,
        () = until_asked(signals, id) => {}
    }
    let further = async {
        loop {
            forward(signals.next().await, id);
        }
    };
    tokio::select! {
        status = child.wait() => return status,
        () = further => {}
        () = tokio::time::sleep(GRACE) => {}
    }
    child.start_kill()?;
    child.wait().await
}

/// Forwards signals until one means the end. What a terminal sends for the
/// first time has reached the child by itself; a further one may have come to
/// us alone.
async fn until_asked(signals: &mut Signals, id: Option<u32>) {
    let at_terminal = std::io::stdin().is_terminal();
    let mut seen = Vec::new();
    loop {
        let request = signals.next().await;
        if !at_terminal || !request.is_of_keyboard() || seen.contains(&request) {
            forward(request, id);
        }
        if request.is_final(at_terminal) {
            return;
        }
        seen.push(request);
    }
}

/// Passes a signal on to the child, which has not been waited for yet.
#[cfg(unix)]
fn forward(request: Request, id: Option<u32>) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = match request {
        Request::Interrupt => Signal::INT,
        Request::Quit => Signal::QUIT,
        Request::Terminate => Signal::TERM,
        Request::Hangup => Signal::HUP,
    };
    let id = id.and_then(|id| i32::try_from(id).ok());
    if let Some(id) = id.and_then(Pid::from_raw) {
        // It may have ended already, which is what is wanted.
        let _ = kill_process(id, signal);
    }
}

#[cfg(not(unix))]
fn forward(_: Request, _: Option<u32>) {}

/// A command that a signal ended has the code that shells give it.
fn exit(status: ExitStatus) -> Exit {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Exit::OfCommand(u8::try_from(128 + signal).unwrap_or(u8::MAX));
    }
    let code = status.code().unwrap_or(1);
    Exit::OfCommand(u8::try_from(code).unwrap_or(1))
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
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_means_the_end_leads_to_the_kill() {
        for (request, elsewhere, at_terminal) in [
            (Request::Interrupt, true, false),
            (Request::Quit, false, false),
            (Request::Terminate, true, true),
            (Request::Hangup, true, true),
        ] {
            assert_eq!(request.is_final(false), elsewhere, "{request:?}");
            assert_eq!(request.is_final(true), at_terminal, "{request:?}");
        }
    }
}
