//! The words of `kubectl create secret docker-registry`.

use clap::{Arg, ArgMatches, Command};
use ecr_auth::RegistryHost;

use crate::context::Context;
use crate::failure::Failure;
use crate::output;
use crate::resolved::Overlay;

/// With these words, where the settings have their own for the same.
pub(super) fn added(command: Command) -> Command {
    let flag = |name: &'static str, value| {
        let arg = Arg::new(name).long(name).value_name(value);
        arg.help_heading(HEADING).allow_hyphen_values(true)
    };
    command
        .arg(
            Arg::new(NAME)
                .value_name("NAME")
                .conflicts_with("secret-name")
                .help("The name of the Secret: the same as --secret-name"),
        )
        .arg(
            flag(SERVER, "HOST")
                .conflicts_with("registry")
                .help("A registry of ECR: the same as --registry"),
        )
        .arg(flag(USERNAME, "USER").help("It must be AWS, which is who logs in to ECR"))
        .arg(flag(PASSWORD, "PASSWORD").help("Not used: the password is obtained here"))
        .arg(flag(EMAIL, "EMAIL").help("Not used: no registry reads it"))
}

/// The settings that they stand for.
pub(super) fn read<'a>(
    matches: &ArgMatches,
    context: &Context<'a>,
) -> Result<Context<'a>, Failure> {
    let word = |name| matches.get_one::<String>(name);
    if word(USERNAME).is_some_and(|user| user != "AWS") {
        let message = format!("--{USERNAME}: it must be AWS");
        return Err(Failure::configuration("config.invalid", message).with_hint(
            "an access key is no login to ECR: iamra obtains one with the credentials that it finds",
        ));
    }
    if let Some(server) = word(SERVER).filter(|server| !server.is_empty()) {
        RegistryHost::in_reference(server).map_err(|error| {
            let message = format!("--{SERVER}: {error}");
            Failure::configuration("config.invalid", message)
        })?;
    }
    if word(PASSWORD).is_some() {
        output::complain(
            "warning: every process of this machine can read --docker-password, which is not needed: \
             iamra obtains the password itself\n",
        );
    }
    let mut overlay = Overlay {
        place: "the command line".to_owned(),
        ..Overlay::default()
    };
    for (name, setting) in [(NAME, "secret-name"), (SERVER, "registry")] {
        if let Some(value) = word(name).filter(|value| !value.is_empty()) {
            overlay
                .values
                .insert(setting.to_owned(), vec![value.clone()]);
        }
    }
    if overlay.values.is_empty() {
        return Ok(context.again());
    }
    let config = context.settings.config();
    if config.parts().contains_key("group") {
        let message = format!("{NAME} and --{SERVER}: the config file has groups with their own");
        return Err(Failure::configuration("config.invalid", message));
    }
    Ok(context.overlaid(overlay))
}

const HEADING: &str = "Words of kubectl create secret docker-registry";
const NAME: &str = "NAME";
const SERVER: &str = "docker-server";
const USERNAME: &str = "docker-username";
const PASSWORD: &str = "docker-password";
const EMAIL: &str = "docker-email";

#[cfg(test)]
mod tests;
