use clap::Command;

use crate::aws::Aws;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::profile_sink::ProfileSink;
use crate::resolved::{Origin, Resolved};
use crate::session::{self, ContainerEndpoint, SessionCredentials, SessionKey};
use crate::setting::with_settings;
use crate::settings;

mod watch;

pub(crate) fn command() -> Command {
    verb(
        "file",
        "Write a session's credentials into a profile of the shared credentials file",
        |command| {
            let own = [
                &settings::WATCH,
                &settings::ONCE,
                &settings::CREDENTIALS_FILES,
                &settings::FILE_MODES,
                &settings::KEEP_INODE,
                &settings::HOOKS,
                &settings::MONITOR,
                &settings::HEALTH_PORT,
                &settings::IDENTITY_CACHE,
                &settings::CONTAINER_ENDPOINT,
            ];
            with_settings(command, &super::groups(&own))
        },
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Writes a session's credentials into a profile of the shared credentials file, which every AWS SDK \
reads. Everything else in the file stays byte for byte.

With --watch, stays and replaces them in time. What is there and still valid after a restart is kept: \
until when is noted in a file beside it. Where no setting of Roles Anywhere has a value, the \
credentials come from the container endpoint that AWS_CONTAINER_CREDENTIALS_FULL_URI names.";

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let settings = &context.settings;
    match (settings.switch("watch")?, settings.switch("once")?) {
        (true, false) => return Box::pin(watch::run(context)).await,
        // The rest of its flags may stay beside `--once`.
        (true, true) => {}
        (false, _) => nothing_of_a_watch(settings)?,
    }
    match ContainerEndpoint::named(context)? {
        Some(endpoint) => {
            let sink = ProfileSink::new(context, None)?;
            let credentials = endpoint.obtain(context.now()).await?;
            delivered(&sink, &credentials, None).await
        }
        None => from_session(context).await,
    }
}

/// A flag that only a watch heeds would be obeyed by nobody; variables may be
/// there for another command.
fn nothing_of_a_watch(settings: &Resolved<'_>) -> Result<(), Failure> {
    for name in OF_A_WATCH {
        if let Some(sourced) = settings.sourced(name)?
            && matches!(sourced.origin, Origin::Flag(_))
        {
            return Err(sourced.origin.invalid("it needs --watch"));
        }
    }
    Ok(())
}

const OF_A_WATCH: [&str; 4] = [
    "refresh-interval",
    "metrics-addr",
    "health-port",
    "identity-cache",
];

async fn from_session(context: &Context<'_>) -> Result<Exit, Failure> {
    // Everything that can be wrong here is said before anybody is called.
    let aws = Aws::new(context)?;
    let sink = ProfileSink::new(context, Some(&aws.region))?;
    session::with(context, &aws, async |opened| {
        let credentials = SessionCredentials::from(&opened.session);
        delivered(&sink, &credentials, Some(&opened.key)).await
    })
    .await
}

async fn delivered(
    sink: &ProfileSink,
    credentials: &SessionCredentials,
    key: Option<&SessionKey>,
) -> Result<Exit, Failure> {
    sink.bring(credentials, key).await?;
    Ok(Exit::Done)
}
