use ecr_auth::{AuthForm, DockerConfigEdit, RegistryLogin, docker_config_json};
use refresh::FaultKind;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::ecr::Obtained;
use crate::failure::Failure;
use crate::resolved::Sourced;

/// What a token is printed as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    Password,
    Authorization,
    ConfigJson,
    DockerConfigJson,
    Env,
    Json,
}

impl Format {
    pub(super) fn chosen(context: &Context<'_>) -> Result<Self, Failure> {
        let Some(Sourced { value, origin }) = context.settings.sourced("output")? else {
            return Ok(Self::Password);
        };
        let found = ALL.into_iter().find(|format| format.name() == value);
        found.ok_or_else(|| {
            let names = ALL.map(Self::name).join(", ");
            origin.invalid(&format!("it must be one of {names}"))
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Authorization => "authorization",
            Self::ConfigJson => "config-json",
            Self::DockerConfigJson => "dockerconfigjson",
            Self::Env => "env",
            Self::Json => "json",
        }
    }

    /// The text, with a newline at its end where a shell reads it.
    pub(super) fn render(self, obtained: &[Obtained]) -> Result<Zeroizing<String>, Failure> {
        match self {
            Self::Password => {
                let token = &only(obtained, self)?.token;
                Ok([token.password.expose_secret(), "\n"].concat().into())
            }
            Self::Authorization => {
                let credentials = only(obtained, self)?.token.basic_credentials();
                let credentials = credentials.expose_secret();
                Ok(["Authorization: Basic ", credentials, "\n"].concat().into())
            }
            Self::Env => env(only(obtained, self)?),
            Self::ConfigJson => config_json(&logins(obtained)?),
            Self::DockerConfigJson => text(&docker_config_json(&logins(obtained)?, AuthForm::Full)),
            Self::Json => json(obtained),
        }
    }
}

/// Of several regions, each has a token of its own: one cannot stand for all.
fn only(obtained: &[Obtained], format: Format) -> Result<&Obtained, Failure> {
    if let [one] = obtained {
        return Ok(one);
    }
    let (name, count) = (format.name(), obtained.len());
    let message = format!("-o {name} prints one token, and these registries have {count}");
    Err(Failure::configuration("config.invalid", message)
        .with_hint("name registries of one region, or print json, config-json or dockerconfigjson"))
}

fn logins(obtained: &[Obtained]) -> Result<Vec<RegistryLogin>, Failure> {
    let mut logins = Vec::new();
    for one in obtained {
        logins.extend(one.logins()?);
    }
    Ok(logins)
}

/// A file of docker's own form.
fn config_json(logins: &[RegistryLogin]) -> Result<Zeroizing<String>, Failure> {
    let edit = logins.iter().cloned();
    let edit = edit.fold(DockerConfigEdit::new(), DockerConfigEdit::log_in);
    text(&edit.apply(None)?.contents.unwrap_or_default())
}

/// For a shell to evaluate.
fn env(one: &Obtained) -> Result<Zeroizing<String>, Failure> {
    let variables = [
        ("ECR_REGISTRY", one.host()?.as_str()),
        ("ECR_USERNAME", &one.token.username),
        ("ECR_PASSWORD", one.token.password.expose_secret()),
    ];
    let mut text = Zeroizing::new(String::with_capacity(ROOM));
    for (name, value) in variables {
        let quoted = shlex::try_quote(value).map_err(|error| failed(error.to_string()))?;
        let quoted = Zeroizing::new(quoted.into_owned());
        for part in ["export ", name, "=", &quoted, "\n"] {
            text.push_str(part);
        }
    }
    Ok(text)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    registries: Vec<&'a str>,
    username: &'a str,
    password: &'a str,
    expires_at: String,
    scope: String,
    source: &'static str,
}

/// One object, or where there are several tokens a list of them.
fn json(obtained: &[Obtained]) -> Result<Zeroizing<String>, Failure> {
    let documents: Vec<_> = obtained.iter().map(document).collect();
    let mut json = Zeroizing::new(Vec::with_capacity(ROOM * documents.len()));
    let written = match &documents[..] {
        [one] => serde_json::to_writer_pretty(&mut *json, one),
        all => serde_json::to_writer_pretty(&mut *json, all),
    };
    written.map_err(|error| failed(error.to_string()))?;
    json.push(b'\n');
    text(&json)
}

fn document(one: &Obtained) -> Document<'_> {
    Document {
        registries: one
            .hosts
            .iter()
            .map(ecr_auth::RegistryHost::as_str)
            .collect(),
        username: &one.token.username,
        password: one.token.password.expose_secret(),
        expires_at: one.expires_at(),
        scope: one.scope.to_string(),
        source: one.origin.name(),
    }
}

fn text(bytes: &[u8]) -> Result<Zeroizing<String>, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|error| failed(error.to_string()))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn failed(why: String) -> Failure {
    Failure::new("output.failed", FaultKind::Failed, why)
}

/// More than a token and what is said of it: a text that grows leaves copies of
/// itself behind.
const ROOM: usize = 16 * 1024;

const ALL: [Format; 6] = [
    Format::Password,
    Format::Authorization,
    Format::ConfigJson,
    Format::DockerConfigJson,
    Format::Env,
    Format::Json,
];
