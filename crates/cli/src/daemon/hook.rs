use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use refresh::FaultKind;

use crate::audit;
use crate::context::Context;
use crate::failure::Failure;
use crate::program::Program;

mod command;
mod signal;

use signal::SignalName;

/// What is told to those who read what we write, after it has changed.
#[derive(Debug)]
pub(crate) struct Hooks {
    exec: Option<Program>,
    timeout: Duration,
    /// The environment of the command: without what may be a secret.
    environment: Vec<(OsString, OsString)>,
    signal: Option<(SignalName, PathBuf)>,
}

impl Hooks {
    /// From the settings; runs nothing.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        Ok(Self {
            exec: exec(context)?,
            timeout: timeout(context)?,
            environment: harmless(context)?,
            signal: signal(context)?,
        })
    }

    /// Runs them all, with `facts` as further variables.
    pub(crate) async fn run(&self, facts: &[(&'static str, String)]) -> Result<(), Failure> {
        if let Some(program) = &self.exec {
            let variables = self.environment.iter().cloned();
            let facts = facts
                .iter()
                .map(|(name, value)| (name.into(), value.into()));
            let variables = variables.chain(facts).collect();
            command::run(program, variables, self.timeout).await?;
            audit::hook_ran("exec", program.name());
        }
        if let Some((signal, pid_file)) = &self.signal {
            signal::send(*signal, pid_file)?;
            audit::hook_ran("signal", &pid_file.display().to_string());
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.exec.is_none() && self.signal.is_none()
    }
}

fn exec(context: &Context<'_>) -> Result<Option<Program>, Failure> {
    let sourced = context.settings.sourced("exec")?;
    sourced.as_ref().map(Program::parse).transpose()
}

fn timeout(context: &Context<'_>) -> Result<Duration, Failure> {
    let Some(sourced) = context.settings.sourced("exec-timeout")? else {
        return Ok(DEFAULT_TIMEOUT);
    };
    let text = sourced.value.trim();
    let seconds = text.strip_suffix('s').unwrap_or(text).parse();
    match seconds {
        Ok(seconds @ 1..=600) => Ok(Duration::from_secs(seconds)),
        _ => Err(sourced.origin.invalid("it must be 1 to 600 seconds")),
    }
}

/// A signal needs a file, and the file is for a signal.
fn signal(context: &Context<'_>) -> Result<Option<(SignalName, PathBuf)>, Failure> {
    let settings = &context.settings;
    let pid_file = settings.path("pid-file")?;
    match (settings.sourced("signal")?, pid_file) {
        (None, None) => Ok(None),
        (Some(signal), None) => Err(signal.origin.invalid("it needs --pid-file")),
        (_, Some(pid_file)) => {
            let signal = settings.parse("signal")?.unwrap_or_default();
            if cfg!(unix) {
                return Ok(Some((signal, pid_file)));
            }
            let message = "--pid-file: there are no signals on this system";
            Err(Failure::configuration("config.invalid", message))
        }
    }
}

/// All variables but those that may hold a secret, by their name or their
/// value, and those that would have the command speak in our name.
fn harmless(context: &Context<'_>) -> Result<Vec<(OsString, OsString)>, Failure> {
    let named = context.settings.text("jwt-env")?.unwrap_or_default();
    let environment = context.settings.environment().all();
    let kept = environment.filter(|(name, value)| {
        let name = name
            .to_str()
            .is_some_and(|name| name != named && is_harmless(name));
        name && !holds_password(&value.to_string_lossy())
    });
    Ok(kept
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

fn is_harmless(name: &str) -> bool {
    let name = name.to_uppercase();
    let is_password = name.ends_with("PWD") && !["PWD", "OLDPWD"].contains(&&*name);
    // PEM may be a key.
    let is_text = name.ends_with("_PEM") || name.ends_with("_PIN");
    !is_password
        && !is_text
        && !SECRET_PARTS.iter().any(|part| name.contains(part))
        && !OUR_OWN.contains(&&*name)
}

/// A URL with a user's password in it (RFC 3986, section 3.2.1): a proxy's, or
/// a database's.
fn holds_password(value: &str) -> bool {
    let authorities = value.split("://").skip(1);
    authorities
        .filter_map(|rest| rest.split(['/', '?', '#', ' ']).next())
        .any(|authority| authority.contains('@'))
}

/// The failure of a hook.
fn failed(message: String) -> Failure {
    Failure::new("hook.failed", FaultKind::Failed, message)
}

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// What is in the names of variables with secrets: ours, the SDKs' and those
/// of other programs.
const SECRET_PARTS: [&str; 12] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PRIVATE",
    "CREDENTIAL",
    "KEY",
    "JWT",
    "COOKIE",
    "_BYTES",
    "AUTHORIZATION",
];

/// Through these, systemd listens to us alone.
pub(crate) const OUR_OWN: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_variable_that_may_be_a_secret_is_passed_on() {
        for (name, value, is_passed) in [
            ("PATH", "/bin", true),
            ("KUBECONFIG", "/k", true),
            ("PWD", "/", true),
            ("VAULT_ADDR", "https://v:8200/a@b", true),
            ("HTTPS_PROXY", "http://proxy:3128", true),
            ("HTTPS_PROXY", "http://user:word@proxy:3128", false),
            ("DATABASE_URL", "postgres://u:p@h/d", false),
            ("VAULT_TOKEN", "x", false),
            ("IAMRA_SECRET_ID", "x", false),
            ("AWS_SECRET_ACCESS_KEY", "x", false),
            ("BAO_CLIENT_KEY_BYTES", "x", false),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "x", false),
            ("db_password", "x", false),
            ("MYSQL_PWD", "x", false),
            ("IAMRA_CERTIFICATE_PEM", "x", false),
            ("IAMRA_PKCS11_PIN", "x", false),
            ("NOTIFY_SOCKET", "/s", false),
        ] {
            let passed = is_harmless(name) && !holds_password(value);
            assert_eq!(passed, is_passed, "{name}={value}");
        }
    }

    /// Whatever a setting says is a secret has a name that says so.
    #[test]
    fn every_secret_setting_is_kept_from_hooks() {
        for setting in crate::settings::all() {
            if setting.value == crate::setting::Value::SecretVariable {
                for name in setting.all_variables() {
                    assert!(!is_harmless(&name), "{name}");
                }
            }
        }
    }
}
