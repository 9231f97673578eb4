use std::ffi::OsString;
use std::sync::Arc;

use credential_server::TokenSource as _;
use refresh::FaultKind;
use secrecy::ExposeSecret as _;

use super::environment::{self, ChildEnvironment};
use crate::child::{self, Request, Signals};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::serve::{Endpoint, Roles, Sockets, Token};

/// Runs the command beside an endpoint that only it can use.
pub(super) async fn run(words: Vec<OsString>, context: &Context<'_>) -> Result<Exit, Failure> {
    // From here on, no signal ends us before the command.
    let mut signals = Signals::listen()?;
    let Roles(roles) = Roles::main(context)?;
    let Some(session) = roles.first().map(|role| Arc::clone(&role.session)) else {
        return Ok(Exit::Done);
    };
    let path = roles
        .first()
        .map(|role| role.path.clone())
        .unwrap_or_default();
    // A command that would find nothing is not run; nor one that somebody has
    // ended before it began.
    let opened = tokio::select! {
        opened = session.credentials() => opened.map(|_| None),
        code = until_asked_to_end(&mut signals) => Ok(Some(code)),
    };
    match opened {
        Ok(None) => {}
        ended => {
            session.finish().await;
            return ended.map(|code| Exit::OfCommand(code.unwrap_or_default()));
        }
    }
    let token = Arc::new(Token::told()?);
    let sockets = Arc::new(Sockets::of_child()?);
    let uri = uri(&sockets, &path)?;
    let endpoint = Endpoint::new(context, roles, &[Arc::clone(&token)], sockets)?;
    let shown = token.token().map(|token| token.expose_secret().into());
    let environment = ChildEnvironment::of_endpoint(uri, shown.unwrap_or_default());
    let mut command = environment::command(words);
    environment.apply(command.as_std_mut(), context);
    let ended = tokio::select! {
        never = session.keep() => match never {},
        never = endpoint.serve() => match never {},
        ended = until_its_end(command, &mut signals) => ended,
    };
    session.finish().await;
    ended
}

/// The exit code that a shell gives to what such a signal ends. Nobody is there
/// yet to be told anything else.
async fn until_asked_to_end(signals: &mut Signals) -> u8 {
    loop {
        match signals.next().await {
            Request::Hangup => return 128 + 1,
            Request::Interrupt => return 128 + 2,
            Request::Quit => return 128 + 3,
            Request::Terminate => return 128 + 15,
            #[cfg(unix)]
            Request::Message(_) => {}
        }
    }
}

async fn until_its_end(
    mut command: tokio::process::Command,
    signals: &mut Signals,
) -> Result<Exit, Failure> {
    let mut child = match command.kill_on_drop(true).spawn() {
        Ok(child) => child,
        Err(error) => return Err(environment::not_run(&command, &error)),
    };
    let ended = child::until_its_end(&mut child, signals, None).await?;
    Ok(child::exit(ended))
}

fn uri(sockets: &Sockets, path: &str) -> Result<String, Failure> {
    let address = sockets.addresses().first().copied();
    let address = address.ok_or_else(|| {
        Failure::new(
            "listen.failed",
            FaultKind::Failed,
            "the socket has no address",
        )
    })?;
    Ok(format!("http://{address}{path}"))
}
