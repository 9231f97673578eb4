use clap::Command;

use crate::certificate::CertificateKeeper;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::{Group, with_settings};
use crate::settings;

pub(crate) fn command() -> Command {
    verb(
        "issue",
        "Obtain a certificate from Vault and write it and its key into files",
        |command| with_settings(command, &groups(&[&settings::IF_DUE])),
    )
}

/// What concerns a certificate from Vault in files, and `more`.
pub(super) fn groups(more: &[&'static Group]) -> Vec<&'static Group> {
    let common: [&'static Group; 6] = [
        &settings::CERTIFICATE_FILES,
        &settings::FILE_MODES,
        &settings::CERTIFICATE_REQUEST,
        &settings::VAULT_LOGIN,
        &settings::VAULT_CONNECTION,
        &settings::PROXIES,
    ];
    more.iter().copied().chain(common).collect()
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    // Everything that can be wrong here is said before anybody is called.
    let keeper = CertificateKeeper::new(context)?;
    if context.settings.switch("if-due")? {
        let standing = keeper.standing()?;
        let Some(why) = standing.wanting else {
            tracing::info!("the certificate is not due: nothing was done");
            return Ok(Exit::Done);
        };
        tracing::info!("obtaining a certificate: {why}");
    }
    keeper.issue().await?;
    Ok(Exit::Done)
}
