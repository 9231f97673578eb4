use clap::Command;

use crate::aws;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::identity::IdentitySource;
use crate::setting::with_settings;
use crate::{output, settings};

pub(crate) fn command() -> Command {
    verb(
        "check",
        "Say whether the settings are complete and make sense; calls nobody",
        |command| with_settings(command, settings::ALL),
    )
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    if !context.settings.config().parts().is_empty() {
        crate::commands::run::check(context)?;
        output::print("the config file can be run\n")?;
        return Ok(Exit::Done);
    }
    aws::Aws::new(context)?;
    match IdentitySource::new(context)? {
        IdentitySource::Files(files) => {
            files.read().await?;
        }
        #[cfg(feature = "spiffe")]
        IdentitySource::Workload(_) => {}
        #[cfg(feature = "vault")]
        IdentitySource::Vault(_) => {}
    }
    output::print("the settings are complete\n")?;
    Ok(Exit::Done)
}
