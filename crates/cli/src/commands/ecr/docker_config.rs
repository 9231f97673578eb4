use std::collections::BTreeMap;

use clap::Command;
use serde::Serialize;

use crate::commands::verb;
use crate::context::Context;
use crate::ecr::Registries;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::{output, settings};

pub(crate) fn command() -> Command {
    verb(
        "docker-config",
        "Print what has docker ask docker-credential-iamra, for its config.json",
        |command| {
            let groups = [
                &settings::REGISTRIES,
                &settings::SESSION,
                &settings::AWS_CONNECTION,
            ];
            with_settings(command, &groups)
        },
    )
}

pub(crate) fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let hosts = Registries::required(context)?;
    let helper = |host: &ecr_auth::RegistryHost| (host.to_string(), HELPER);
    output::print_json(&Snippet {
        cred_helpers: hosts.iter().map(helper).collect(),
    })?;
    Ok(Exit::Done)
}

/// docker takes exact hosts here, and no globs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Snippet {
    cred_helpers: BTreeMap<String, &'static str>,
}

/// The program without `docker-credential-`.
const HELPER: &str = "iamra";
