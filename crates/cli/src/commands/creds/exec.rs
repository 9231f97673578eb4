use std::ffi::OsString;

use clap::{Arg, ArgMatches, Command, value_parser};

use crate::audit;
use crate::aws::Aws;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::{self, SessionCredentials};
use crate::setting::with_settings;
use crate::settings;

mod environment;
#[cfg(feature = "serve")]
mod served;

use environment::ChildEnvironment;

pub(crate) fn command() -> Command {
    verb(
        "exec",
        "Run a command with a session's credentials in its environment",
        |command| {
            let own = [&settings::EXEC, &settings::SESSION_CACHE];
            let command = with_settings(command, &super::groups(&own));
            command.arg(
                Arg::new("command")
                    .value_name("COMMAND")
                    .help("The command, behind --, with its arguments")
                    .num_args(1..)
                    .required(true)
                    .last(true)
                    .value_parser(value_parser!(OsString)),
            )
        },
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Runs a command with a session's credentials in its environment, and ends as it does. Every other \
source of credentials in the environment is taken out.

With --serve, the command gets an endpoint of its own instead, with a token that nobody else knows, \
and credentials that are replaced in time for as long as it runs. The SDKs look into the shared \
credentials file and the config file first, so both are hidden from it: name the region by AWS_REGION.";

pub(crate) async fn run(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let words = matches.get_many::<OsString>("command");
    let words: Vec<OsString> = words.unwrap_or_default().cloned().collect();
    if context.settings.switch("serve")? {
        #[cfg(feature = "serve")]
        return Box::pin(served::run(words, context)).await;
        #[cfg(not(feature = "serve"))]
        return Err(Failure::configuration(
            "config.invalid",
            "--serve: this build leaves the endpoint out",
        ));
    }
    let aws = Aws::new(context)?;
    let mut opened = None;
    session::with_shared(context, &aws, async |session| {
        opened = Some(session.clone());
        Ok(Exit::Done)
    })
    .await?;
    match opened {
        Some(session) => replace(words, &session, context).await,
        None => Ok(Exit::Done),
    }
}

/// Becomes the command: then signals and exit code are its own.
#[cfg(unix)]
#[expect(clippy::unused_async, reason = "elsewhere it is waited for")]
async fn replace(
    words: Vec<OsString>,
    session: &SessionCredentials,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    use std::os::unix::process::CommandExt as _;
    let mut command = environment::command(words);
    ChildEnvironment::of_session(session).apply(command.as_std_mut(), context);
    audit::handed_out(&session.access_key_id, "exec");
    let error = command.as_std_mut().exec();
    Err(environment::not_run(&command, &error))
}

#[cfg(not(unix))]
async fn replace(
    words: Vec<OsString>,
    session: &SessionCredentials,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    use crate::child::{self, Signals};
    let mut signals = Signals::listen()?;
    let mut command = environment::command(words);
    ChildEnvironment::of_session(session).apply(command.as_std_mut(), context);
    audit::handed_out(&session.access_key_id, "exec");
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Err(environment::not_run(&command, &error)),
    };
    let ended = child::until_its_end(&mut child, &mut signals, None).await?;
    Ok(child::exit(ended))
}
