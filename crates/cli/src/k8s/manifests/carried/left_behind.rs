use crate::context::Context;
use crate::failure::Failure;
use crate::resolved::Origin;
use crate::setting::{Setting, Value};

/// Refuses flags that would have no effect in the pods, and tells of variables and
/// keys that have none: those are there for other commands, too.
pub(crate) fn check_left_behind(
    context: &Context<'_>,
    settings: impl IntoIterator<Item = &'static Setting>,
) -> Result<(), Failure> {
    let mut variables = Vec::new();
    let mut keys = Vec::new();
    for setting in settings {
        let Some(sourced) = context.settings.sourced(setting.name)? else {
            continue;
        };
        let stays = STAYS_HERE.contains(&setting.name);
        match sourced.origin {
            _ if setting.value == Value::SecretVariable || SAID_HERE.contains(&setting.name) => {}
            Origin::Flag(_) if stays => {
                let reason = "it is of this machine, and is not carried into the pods";
                return Err(sourced.origin.invalid(reason));
            }
            Origin::Variable(name) if stays || !name.starts_with("IAMRA_") => variables.push(name),
            Origin::ConfigFile(..) if stays => keys.push(setting.name),
            _ => {}
        }
    }
    if !variables.is_empty() {
        variables.sort_unstable();
        variables.dedup();
        let variables = variables.join(", ");
        tracing::warn!(
            variables,
            "variables of this machine do not count in the cluster: use flags"
        );
    }
    if !keys.is_empty() {
        let keys = keys.join(", ");
        tracing::warn!(
            keys,
            "keys of the config file that are of this machine stay here"
        );
    }
    Ok(())
}

/// Whether it says nothing to a pod.
pub(super) fn is_of_here(name: &str) -> bool {
    STAYS_HERE.contains(&name) || SAID_HERE.contains(&name)
}

/// What is of this machine, or what the pod says itself.
pub(crate) const STAYS_HERE: [&str; 17] = [
    "authorization-token-file",
    "aws-access-key-id",
    "aws-config-file",
    "aws-credential-expiration",
    "aws-profile",
    "config-file",
    "container-authorization-token-file",
    "credentials-file",
    "github-token-url",
    "jwt-command",
    "jwt-env",
    "jwt-file",
    "pkcs11-lib",
    "pkcs11-pin-file",
    "vault-capath",
    "watch",
    "web-identity-token-file",
];

/// What is meant for what is printed, or is always so.
const SAID_HERE: [&str; 3] = ["config", "out-dir", "watch"];
