use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use refresh::FaultKind;

use crate::audit;
use crate::context::Context;
use crate::environment::Environment;
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
            environment: harmless(context.settings.environment()),
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
    match sourced.value.trim().trim_end_matches('s').parse() {
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

/// All variables but those whose name says that they may hold a secret, and
/// those that would have the command speak in our name.
fn harmless(environment: &Environment) -> Vec<(OsString, OsString)> {
    let is_harmless = |name: &str| {
        let name = name.to_uppercase();
        !SECRET_PARTS.iter().any(|part| name.contains(part)) && !OUR_OWN.contains(&&*name)
    };
    environment
        .all()
        .filter(|(name, _)| name.to_str().is_some_and(is_harmless))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
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
const OUR_OWN: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_variable_that_may_be_a_secret_is_passed_on() {
        let environment: Environment = [
            ("PATH", "/bin"),
            ("KUBECONFIG", "/k"),
            ("VAULT_ADDR", "https://v"),
            ("VAULT_TOKEN", "x"),
            ("IAMRA_SECRET_ID", "x"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("AWS_SESSION_TOKEN", "x"),
            ("BAO_CLIENT_KEY_BYTES", "x"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "x"),
            ("db_password", "x"),
            ("NOTIFY_SOCKET", "/s"),
        ]
        .into_iter()
        .collect();
        let names: Vec<_> = harmless(&environment)
            .into_iter()
            .map(|(name, _)| name.into_string().unwrap())
            .collect();
        assert_eq!(names, ["KUBECONFIG", "PATH", "VAULT_ADDR"]);
    }

    /// Whatever a setting says is a secret has a name that says so.
    #[test]
    fn every_secret_setting_is_kept_from_hooks() {
        for setting in crate::settings::all() {
            if setting.value == crate::setting::Value::SecretVariable {
                for name in setting.all_variables() {
                    let environment: Environment = [(name.clone(), "x")].into_iter().collect();
                    assert!(harmless(&environment).is_empty(), "{name}");
                }
            }
        }
    }
}
