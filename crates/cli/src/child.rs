//! A command that runs in our place: it gets our signals, and we end as it does.

use std::io::IsTerminal as _;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::Child;

use crate::exit::Exit;

mod signals;

pub(crate) use signals::{Request, Signals};

/// Waits for the child. It gets the signals that we get; after one that means
/// the end it has `grace` to end, where there is one, and is killed then.
pub(crate) async fn until_its_end(
    child: &mut Child,
    signals: &mut Signals,
    grace: Option<Duration>,
) -> std::io::Result<ExitStatus> {
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
        () = over(grace) => {}
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
    use rustix::process::{Pid, kill_process};
    let id = id.and_then(|id| i32::try_from(id).ok());
    if let Some(id) = id.and_then(Pid::from_raw) {
        // It may have ended already, which is what is wanted.
        let _ = kill_process(id, request.signal());
    }
}

#[cfg(not(unix))]
fn forward(_: Request, _: Option<u32>) {}

/// A command that a signal ended has the code that shells give it.
pub(crate) fn exit(status: ExitStatus) -> Exit {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Exit::OfCommand(u8::try_from(128 + signal).unwrap_or(u8::MAX));
    }
    let code = status.code().unwrap_or(1);
    Exit::OfCommand(u8::try_from(code).unwrap_or(1))
}

async fn over(grace: Option<Duration>) {
    match grace {
        Some(grace) => tokio::time::sleep(grace).await,
        None => std::future::pending().await,
    }
}

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
            assert!(!request.is_message());
        }
    }
}
