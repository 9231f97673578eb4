use clap::Command;
use k8s_sinks::file::{ConfigFile, CredentialsFile, ProfileCredentials, ProfileName, Setting};
use rolesanywhere::Session;

use crate::aws::Aws;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::{audit, files, session, settings};

pub(crate) fn command() -> Command {
    verb(
        "file",
        "Write a session's credentials into a profile of the shared credentials file",
        |command| {
            with_settings(
                command,
                &super::groups(&[&settings::CREDENTIALS_FILES, &settings::FILE_MODES]),
            )
        },
    )
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    // Everything that can be wrong here is said before anybody is called.
    let profile: ProfileName = context.settings.parse("profile")?.unwrap_or_default();
    let options = files::options(context)?;
    let path = files::credentials_file(context)?;
    let aws = Aws::new(context)?;
    let config = context.settings.path("config-file")?;
    let credentials_sink = CredentialsFile::new(&path, profile.clone(), options);
    let config_sink = config.map(|path| ConfigFile::new(path, profile, options));
    session::with(context, &aws, async |session| {
        files::delivered(&credentials_sink.deliver(&credentials(session))?);
        audit::handed_out(&session.access_key_id, "credentials file");
        if let Some(sink) = &config_sink {
            // The credentials are there; what is left to do is the lesser part.
            let region = Setting::new("region", aws.region.as_str().into())?;
            let delivered = sink.deliver(vec![region]);
            files::delivered(&delivered.map_err(|error| Failure::from(error).after_others())?);
        }
        Ok(Exit::Done)
    })
    .await
}

fn credentials(session: &Session) -> ProfileCredentials {
    ProfileCredentials {
        access_key_id: session.access_key_id.clone(),
        secret_access_key: session.secret_access_key.clone(),
        session_token: session.session_token.clone(),
    }
}
