use std::io::IsTerminal as _;

use clap::Command;

use self::format::Format;
use crate::commands::verb;
use crate::context::Context;
use crate::ecr::{Obtained, Registries, Tokens};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::{audit, output, settings};

mod format;

pub(crate) fn command() -> Command {
    verb(
        "token",
        "Print an authorization token, for a login, a config file or a header",
        |command| {
            let groups = super::groups(&[&settings::OUTPUT, &settings::REGISTRIES]);
            with_settings(command, &groups).mut_arg("output", |output| {
                let help = "What to print: password for `docker login --password-stdin`, \
                            authorization for an HTTP header, config-json for a client's file, \
                            dockerconfigjson for a Kubernetes secret, env for a shell, or json";
                output
                    .help(format!("{help} [default: password]"))
                    .long_help(format!(
                        "{help}.\n\n[env: IAMRA_OUTPUT]\n[default: password]"
                    ))
            })
        },
    )
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let format = Format::chosen(context)?;
    let registries = Registries::named(context)?;
    let tokens = Tokens::new(context)?;
    let mut obtained = Vec::new();
    for group in registries.groups() {
        obtained.push(Obtained::of(group, &tokens).await?);
    }
    let text = format.render(&obtained)?;
    if std::io::stdout().is_terminal() {
        tracing::warn!("the token is on this terminal now");
    }
    output::print(&text)?;
    for one in &obtained {
        audit::token_handed_out(format.name(), &one.registries(), &one.token, None);
    }
    Ok(Exit::Done)
}
