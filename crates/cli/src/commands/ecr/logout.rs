use clap::Command;
use ecr_auth::{DockerConfigEdit, RegistryHost};

use crate::commands::verb;
use crate::context::Context;
use crate::ecr::{AuthFile, ForeignHelper, Keeper, Registries};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::{output, settings};

pub(crate) fn command() -> Command {
    verb(
        "logout",
        "Take the logins to registries out of a client's file",
        |command| {
            let groups = [
                &settings::REGISTRIES,
                &settings::AUTH_FILE,
                &settings::SESSION,
                &settings::AWS_CONNECTION,
            ];
            with_settings(command, &groups)
        },
    )
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let hosts = Registries::required(context)?;
    let file = AuthFile::named(context)?;
    let keepers = file.keepers(&hosts)?;
    let mut names = hosts.iter().map(RegistryHost::as_str);
    let edit = names.try_fold(DockerConfigEdit::new(), DockerConfigEdit::log_out);
    let edit =
        edit.map_err(|error| Failure::configuration("ecr.no-registry", error.to_string()))?;
    // What the file holds goes in any case.
    let edited = file.edit(&edit)?;
    let has_changed = edited.contents.is_some();
    let mut failures = Vec::new();
    for (host, keeper) in hosts.iter().zip(keepers) {
        if let Keeper::Helper(name) = keeper {
            let helper = ForeignHelper::new(&name, context);
            let failure = helper.erase(host.as_str()).await.err();
            failures.extend(failure.map(|failure| failure.about(host.as_str())));
        }
    }
    for host in edited.hosts {
        let place = file.path().display();
        let text = if host.removed.is_empty() {
            format!("{} has no login in {place}\n", host.host)
        } else {
            format!("logged out of {}: {place}\n", host.host)
        };
        output::print(&text)?;
    }
    let in_vain = failures.len() == hosts.len() && !has_changed;
    super::ended(failures, in_vain)
}
