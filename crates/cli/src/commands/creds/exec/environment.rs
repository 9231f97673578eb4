use std::ffi::OsString;

use refresh::FaultKind;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::process::Command;

use crate::context::Context;
use crate::failure::Failure;
use crate::session::SessionCredentials;
use crate::setting::Value;

/// What a command finds in its environment in place of what we found.
pub(super) struct ChildEnvironment {
    plain: Vec<(&'static str, String)>,
    secret: Vec<(&'static str, SecretString)>,
}

impl ChildEnvironment {
    /// The credentials themselves.
    pub(super) fn of_session(session: &SessionCredentials) -> Self {
        Self {
            plain: vec![
                ("AWS_ACCESS_KEY_ID", session.access_key_id.clone()),
                ("AWS_CREDENTIAL_EXPIRATION", session.expiration.clone()),
            ],
            secret: vec![
                ("AWS_SECRET_ACCESS_KEY", session.secret_access_key.clone()),
                ("AWS_SESSION_TOKEN", session.session_token.clone()),
            ],
        }
    }

    /// Where they are, and what shows that one may have them. The SDKs look into
    /// both files before they ask an endpoint: a `credential_process`, say.
    #[cfg(feature = "serve")]
    pub(super) fn of_endpoint(uri: String, token: SecretString) -> Self {
        Self {
            plain: vec![
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri),
                ("AWS_SHARED_CREDENTIALS_FILE", NOTHING.to_owned()),
                ("AWS_CONFIG_FILE", NOTHING.to_owned()),
            ],
            secret: vec![("AWS_CONTAINER_AUTHORIZATION_TOKEN", token)],
        }
    }

    /// Every other source of credentials is taken out, and what is a secret of
    /// ours alone.
    pub(super) fn apply(&self, command: &mut std::process::Command, context: &Context<'_>) {
        for name in SOURCES {
            command.env_remove(name);
        }
        let settings = crate::settings::all();
        let secrets = settings.filter(|setting| setting.value == Value::SecretVariable);
        for name in secrets.flat_map(crate::setting::Setting::all_variables) {
            if name.starts_with("IAMRA_") {
                command.env_remove(name);
            }
        }
        for (name, value) in &self.plain {
            command.env(name, value);
        }
        for (name, value) in &self.secret {
            command.env(name, value.expose_secret());
        }
        self.keep_loopback_direct(command, context);
    }

    /// An endpoint on this machine is not asked through a proxy.
    fn keep_loopback_direct(&self, command: &mut std::process::Command, context: &Context<'_>) {
        if self
            .plain
            .iter()
            .all(|(name, _)| *name != "AWS_CONTAINER_CREDENTIALS_FULL_URI")
        {
            return;
        }
        let environment = context.settings.environment();
        for name in ["NO_PROXY", "no_proxy"] {
            if let Some(others) = environment.value(name) {
                let mut value = others.to_owned();
                value.push(",127.0.0.1");
                command.env(name, value);
            }
        }
        let has_proxy = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
        let has_proxy = has_proxy
            .iter()
            .any(|name| environment.value(name).is_some());
        let has_none = |name| environment.value(name).is_none();
        if has_proxy && has_none("NO_PROXY") && has_none("no_proxy") {
            command
                .env("NO_PROXY", "127.0.0.1")
                .env("no_proxy", "127.0.0.1");
        }
    }
}

/// The command that the words are.
pub(super) fn command(words: Vec<OsString>) -> Command {
    let mut words = words.into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}

/// The command could not be started at all.
pub(super) fn not_run(command: &Command, error: &std::io::Error) -> Failure {
    let program = command.as_std().get_program().display();
    let message = format!("cannot run {program}: {error}");
    Failure::new("exec.failed", FaultKind::Configuration, message)
}

/// What the SDKs take credentials from, or which of several.
const SOURCES: [&str; 22] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_ACCOUNT_ID",
    "AWS_CREDENTIAL_FILE",
    "AWS_CREDENTIAL_PROFILES_FILE",
    "BOTO_CONFIG",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
];
#[cfg(all(feature = "serve", unix))]
const NOTHING: &str = "/dev/null";
#[cfg(all(feature = "serve", not(unix)))]
const NOTHING: &str = "NUL";
