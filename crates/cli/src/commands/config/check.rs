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
    let parts = context.settings.config().parts();
    let has_groups = parts.contains_key("group");
    #[cfg(feature = "kubernetes")]
    if has_groups {
        crate::k8s::Group::check(context)?;
        output::print("the groups can be kept by iamra k8s\n")?;
    }
    if parts.len() > usize::from(has_groups) {
        crate::commands::run::check(context)?;
        output::print("the config file can be run\n")?;
    }
    if !parts.is_empty() {
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
