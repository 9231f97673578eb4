use clap::{ArgMatches, Command};

use self::aftermath::Aftermath;
use self::target::Target;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::{with_named, with_settings};
use crate::vault::{VaultClient, pki_mount};
use crate::{audit, output, settings};

mod aftermath;
mod crl_command;
mod target;

pub(crate) fn command() -> Command {
    verb(
        "revoke",
        "Have Vault revoke a certificate, and say what stays valid all the same",
        |command| {
            let command = with_settings(
                command,
                &[
                    &settings::VAULT_LOGIN,
                    &settings::VAULT_CONNECTION,
                    &settings::PROXIES,
                    &settings::OUTPUT,
                ],
            );
            with_named(command, &["pki-mount"]).args(target::flags())
        },
    )
}

pub(crate) async fn run(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let mount = pki_mount(&context.settings)?;
    let target = Target::named(matches).await?;
    let client = VaultClient::new(context)?;
    let revoked = target.revoke(&client.vault, &mount).await;
    if revoked.is_ok() {
        let address = client.vault.settings().address.to_string();
        audit::certificate_revoked(&target.serial(), &address);
    }
    client.finish().await;
    let revoked_at = revoked?.revoked_at.unwrap_or_else(|| context.now());
    let certificate = target.certificate();
    let aftermath = Aftermath::new(
        (target.serial(), certificate),
        (client.vault.settings(), &mount),
        (revoked_at, context.now()),
    );
    if wants_json {
        output::print_json(&aftermath)?;
    } else {
        output::print(&aftermath.text())?;
    }
    Ok(Exit::Done)
}
