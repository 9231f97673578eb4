use clap::Command;
use ecr_auth::{CredentialProviderConfig, TokenAttributes, TokenCacheType, ecr_match_images};

use crate::commands::verb;
use crate::context::Context;
use crate::ecr::{ANNOTATION, Registries, ServiceAccountRoles};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::setting::with_settings;
use crate::settings::{self, PLUGIN_CONFIG, PLUGIN_NAME};

pub(crate) fn command() -> Command {
    verb(
        "kubelet-config",
        "Print what has kubelet ask iamra-credential-provider, for its configuration",
        |command| {
            let groups = [
                &settings::REGISTRIES,
                &settings::SERVICE_ACCOUNTS,
                &settings::KUBELET_PLUGIN,
                &settings::SESSION,
                &settings::AWS_CONNECTION,
            ];
            with_settings(command, &groups)
        },
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Prints a CredentialProviderConfig for --image-credential-provider-config. It is made for what the \
plugin will read on the node: the file of --plugin-config, where it is here, too, says which \
registries and service accounts there are, unless a flag or a variable does.";

pub(crate) fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let settings = &context.settings;
    let hosts = Registries::hosts(context)?;
    let images = if hosts.is_empty() {
        ecr_match_images()
    } else {
        hosts.iter().map(ToString::to_string).collect()
    };
    let text = |name, usual: &str| -> Result<String, Failure> {
        let text = settings.text(name)?;
        Ok(text.unwrap_or_else(|| usual.to_owned()))
    };
    let name = text("plugin-name", PLUGIN_NAME)?;
    let invalid =
        |error: ecr_auth::KubeletError| Failure::configuration("config.invalid", error.to_string());
    let mut config = CredentialProviderConfig::new(&name, images).map_err(invalid)?;
    if !NAMES.contains(&name.as_str()) {
        // By another name it is iamra itself.
        config = config.arg("ecr").arg("kubelet-provider");
    }
    let file = text("plugin-config", PLUGIN_CONFIG)?;
    config = config.arg(&format!("--config={file}"));
    if ServiceAccountRoles::are_listed(context)? {
        config = config.token_attributes(TokenAttributes {
            audience: ServiceAccountRoles::audience(context)?,
            cache_type: TokenCacheType::ServiceAccount,
            optional_annotation_keys: vec![ANNOTATION.to_owned()],
        });
    }
    output::print(&config.to_yaml())?;
    Ok(Exit::Done)
}

/// By these it knows what it is for.
const NAMES: [&str; 2] = [PLUGIN_NAME, "ecr-credential-provider"];
