use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::SystemTime;

use ecr_auth::{RegistryHost, RegistryLogin};
use k8s_sinks::kubernetes::{SecretData, SecretForm};
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::{LoginForm, check_one_registry, failed, only, overlaid};
use crate::audit::rfc3339_seconds;
use crate::context::{Context, read_text};
use crate::ecr::Registries;
use crate::failure::Failure;
use crate::settings;

mod text;

use text::{Text, Values};

/// A Secret as a file of the user's describes it:
///
/// ```toml
/// type = "Opaque"          # the default
/// registry = "HOST"        # which one, where there are several
/// [data]
/// "registries.conf" = "user={{username}} password={{password}}"
/// ```
///
/// `{{authorization}}` is user, colon and password in base64, as HTTP's Basic
/// authentication and docker's `auth` have it.
pub(crate) struct Template {
    secret_type: String,
    registry: Option<RegistryHost>,
    data: BTreeMap<String, Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "opaque", rename = "type")]
    secret_type: String,
    registry: Option<String>,
    data: BTreeMap<String, String>,
}

impl Template {
    pub(super) fn chosen(context: &Context<'_>) -> Result<Self, Failure> {
        let Some(path) = context.settings.path("secret-template")? else {
            let message = "--secret-template is missing";
            let variables = settings::named("secret-template").all_variables();
            let hint = format!("set it, or {}", variables.join(" or "));
            return Err(Failure::configuration("config.missing", message).with_hint(hint));
        };
        let template = Self::parse(&read_text(&path)?).map_err(|why| invalid(&path, &why))?;
        template.check_registry(context, &path)?;
        Ok(template)
    }

    fn parse(text: &str) -> Result<Self, String> {
        // The parser's message alone: its excerpt may show a secret.
        let file: File =
            toml::from_str(text).map_err(|error| error.message().replace('\n', " "))?;
        check_type(&file.secret_type)?;
        if file.data.is_empty() {
            return Err("data is empty".to_owned());
        }
        let registry = file.registry.as_deref().map(RegistryHost::in_reference);
        let registry = registry.transpose();
        let data = file.data.into_iter().map(|(key, text)| {
            check_key(&key)?;
            let text = Text::parse(&text).map_err(|why| format!("data.{key}: {why}"))?;
            Ok((key, text))
        });
        Ok(Self {
            secret_type: file.secret_type,
            registry: registry.map_err(|error| format!("registry: {error}"))?,
            data: data.collect::<Result<_, String>>()?,
        })
    }

    /// Whether it is about one registry, and one that there is.
    fn check_registry(&self, context: &Context<'_>, path: &Path) -> Result<(), Failure> {
        let Some(registry) = &self.registry else {
            return check_one_registry(context).map_err(|failure| {
                let key = format!("name it in {}: registry = \"HOST\"", path.display());
                failure.with_hint(key)
            });
        };
        let named = Registries::hosts(context)?;
        if named.is_empty() || named.contains(registry) {
            return Ok(());
        }
        let why = format!("registry: no --registry is {registry}");
        Err(invalid(path, &why))
    }

    /// The login that goes into it.
    fn login<'a>(&self, logins: &'a [RegistryLogin]) -> Result<&'a RegistryLogin, Failure> {
        let Some(registry) = &self.registry else {
            return only(logins);
        };
        let found = logins.iter().find(|login| registry.is_key_of(login.host()));
        found.ok_or_else(|| failed(format!("the template is for {registry}, no token is")))
    }
}

impl SecretForm for Template {
    fn secret_type(&self) -> &str {
        &self.secret_type
    }

    fn keys(&self) -> Vec<String> {
        self.data.keys().cloned().collect()
    }

    /// What other programs write under these keys is not known here.
    fn is_replaceable(&self, _: &SecretData) -> bool {
        false
    }

    /// By key: ours are those of the template.
    fn merged(&self, foreign: &SecretData, ours: &SecretData) -> Result<SecretData, String> {
        Ok(overlaid(foreign, ours))
    }
}

impl LoginForm for Template {
    fn data(
        &self,
        logins: &[RegistryLogin],
        expires_at: SystemTime,
    ) -> Result<SecretData, Failure> {
        let login = self.login(logins)?;
        let authorization = login.auth();
        let values = Values {
            username: login.username(),
            password: login.password().expose_secret(),
            authorization: &authorization,
            registry: login.host(),
            expires_at: &rfc3339_seconds(expires_at),
        };
        let data = self.data.iter();
        Ok(data
            .map(|(key, text)| (key.clone(), text.with(&values)))
            .collect())
    }
}

/// Shows no text: its author may have written a secret into it.
impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template")
            .field("secret_type", &self.secret_type)
            .field("registry", &self.registry)
            .field("keys", &self.data.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// Refuses the types by which Kubernetes itself gives somebody rights.
fn check_type(secret_type: &str) -> Result<(), String> {
    if secret_type.is_empty() {
        return Err("type is empty".to_owned());
    }
    if RIGHTS.contains(&secret_type) {
        let why = "gives rights in the cluster, and holds no login";
        return Err(format!("type: a Secret of type {secret_type} {why}"));
    }
    Ok(())
}

/// What the API takes as a key.
///
/// [Constraints](https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data)
fn check_key(key: &str) -> Result<(), String> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_path = key == "." || key.starts_with("..");
    if !key.is_empty() && key.len() <= 253 && key.bytes().all(is_allowed) && !is_path {
        return Ok(());
    }
    Err(format!(
        "data: {key:?} cannot be a key: at most 253 of a-z, A-Z, 0-9, -, _ and ., and no two dots first"
    ))
}

fn invalid(path: &Path, why: &str) -> Failure {
    Failure::configuration("config.invalid", format!("{}: {why}", path.display()))
}

fn opaque() -> String {
    "Opaque".to_owned()
}

const RIGHTS: [&str; 2] = [
    "kubernetes.io/service-account-token",
    "bootstrap.kubernetes.io/token",
];

#[cfg(test)]
mod tests;
