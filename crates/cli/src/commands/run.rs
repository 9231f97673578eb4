use std::sync::Arc;

use clap::Command;

use crate::commands::verb;
use crate::config_file::ConfigFile;
use crate::context::{Context, read_text};
use crate::daemon::{Monitor, Request, Signals, metrics_address, service_manager};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::settings;

mod metrics;
mod parts;
mod plan;
mod reload;

use parts::Parts;
use plan::Plan;
use reload::{FileStamp, Reloads};

pub(crate) fn command() -> Command {
    verb(
        "run",
        "Keep any number of identities, sessions and sinks, as a config file names them",
        |command| with_settings(command, &[&settings::MONITOR]),
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Keeps what a config file names, in one process: identities, the sessions that they open, and the \
sinks that the credentials go to. An identity logs in once, and a session is opened once, whoever \
uses them.

The file is read again when it changes, and on SIGHUP. What does not validate changes nothing: the \
old configuration stays, and a metric says so. What has not changed in the file goes on as it is.";

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    // From here on, no signal ends us by itself.
    let mut signals = Signals::listen()?;
    // Everything that can be wrong here is said before anybody is called.
    let mut stamp = FileStamp::of(context.settings.config().path());
    let mut plan = Plan::new(context, &parts(context)?, None)?;
    let reloads = Reloads::default();
    let monitor = match metrics_address(context)? {
        Some(address) => Some(Monitor::bind(address).await?),
        None => None,
    };
    loop {
        let request = {
            let told = (&plan, &reloads);
            tokio::select! {
                never = plan.keep() => match never {},
                never = plan.announce() => match never {},
                never = service_manager::keep_alive() => match never {},
                never = Monitor::serve_if(monitor.as_ref(), &told) => match never {},
                request = signals.next() => request,
                () = reload::changed(&mut stamp, context) => Request::Refresh,
            }
        };
        if request == Request::End {
            break;
        }
        match next(context, &plan) {
            Ok(next) => {
                reloads.applied();
                tracing::info!("read the config file again");
                let left = std::mem::replace(&mut plan, next);
                left.finish_all_but(&plan).await;
            }
            Err(failure) => {
                reloads.refused();
                let (code, hint) = (failure.code(), failure.hint());
                tracing::error!(code, hint, "{failure}; the old configuration stays");
            }
        }
    }
    service_manager::stopping();
    plan.finish().await;
    Ok(Exit::Done)
}

/// The plan of the file as it is now, with what is still the same taken over.
fn next(context: &Context<'_>, earlier: &Plan) -> Result<Plan, Failure> {
    let path = context.settings.config().path();
    let file = ConfigFile::parse(&read_text(path)?, path)?;
    let context = context.reread(file);
    Plan::new(&context, &parts(&context)?, Some(earlier))
}

fn parts(context: &Context<'_>) -> Result<Parts, Failure> {
    let file = context.settings.config();
    if file.path().as_os_str().is_empty() {
        let message = "--config is missing: the file that names what to run";
        return Err(Failure::configuration("config.missing", message));
    }
    Parts::read(file.parts(), file.path())
}

/// Says whether the tables of a config file can be run; connects to nobody.
pub(crate) fn check(context: &Context<'_>) -> Result<(), Failure> {
    let parts = parts(context)?;
    Plan::check(context, &parts)
}

/// Something that several parts of a plan use.
type Shared<T> = Arc<T>;
