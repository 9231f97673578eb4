use std::ffi::OsString;
use std::fmt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use refresh::FaultKind;
use secrecy::SecretString;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use vault_pki::{Error, JwtSource};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::failure::Failure;
use crate::setting::{Setting, Value};

/// A command that prints a JWT: run at each login, without a shell.
pub(super) struct JwtCommand {
    words: Vec<String>,
    environment: Vec<(OsString, OsString)>,
}

impl JwtCommand {
    /// The words of `--jwt-command`, split as a shell would.
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let sourced = context.settings.sourced("jwt-command")?;
        let Some(sourced) = sourced else {
            return Err(super::missing("--jwt-command is missing", "set it"));
        };
        let words = shlex::split(&sourced.value);
        let words = words.filter(|words| words.first().is_some_and(|word| !word.is_empty()));
        let words = words.ok_or_else(|| {
            sourced
                .origin
                .invalid("it is empty, or a quotation mark is missing in it")
        })?;
        Ok(Self {
            words,
            environment: context.settings.environment().without(&secrets()),
        })
    }

    async fn output(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let failed = |reason: String| self.failed(reason, FaultKind::Configuration);
        let mut child = Command::new(&self.words[0])
            .args(&self.words[1..])
            .env_clear()
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(format!("it cannot be run: {error}")))?;
        // Never grown: a vector that grows leaves its old memory behind.
        let mut output = Zeroizing::new(Vec::with_capacity(LIMIT + 1));
        if let Some(stdout) = child.stdout.take() {
            let read = stdout.take(LIMIT as u64 + 1).read_to_end(&mut output).await;
            read.map_err(|error| failed(format!("its output cannot be read: {error}")))?;
        }
        if output.len() > LIMIT {
            return Err(failed(format!("it prints more than {LIMIT} bytes")));
        }
        match child.wait().await {
            Ok(status) if status.success() => Ok(output),
            Ok(status) => Err(failed(ending(status))),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    fn failed(&self, reason: String, fault: FaultKind) -> Error {
        Error::NoJwt {
            origin: format!("the command {} (--jwt-command)", self.words[0]),
            reason,
            fault,
        }
    }
}

#[async_trait]
impl JwtSource for JwtCommand {
    fn is_repeatable(&self) -> bool {
        true
    }

    async fn jwt(&self) -> Result<SecretString, Error> {
        let output = tokio::time::timeout(TIMEOUT, self.output()).await;
        let output = output.unwrap_or_else(|_| {
            let reason = format!("it took longer than {} s", TIMEOUT.as_secs());
            Err(self.failed(reason, FaultKind::Unavailable))
        })?;
        let text = std::str::from_utf8(&output).map(str::trim);
        match text {
            Ok(text) if !text.is_empty() => Ok(text.into()),
            Ok(_) => Err(self.failed("it prints nothing".to_owned(), FaultKind::Configuration)),
            Err(_) => Err(self.failed("it prints no text".to_owned(), FaultKind::Configuration)),
        }
    }
}

/// Shows the program: its arguments may be secrets.
impl fmt::Debug for JwtCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtCommand")
            .field("program", &self.words[0])
            .finish_non_exhaustive()
    }
}

/// The variables of all our secrets.
fn secrets() -> Vec<String> {
    crate::settings::all()
        .filter(|setting| setting.value == Value::SecretVariable)
        .flat_map(Setting::all_variables)
        .collect()
}

fn ending(status: ExitStatus) -> String {
    status.code().map_or_else(
        || "it was ended by a signal".to_owned(),
        |code| format!("it ended with exit code {code}"),
    )
}

/// What a command that asks somebody over the network may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// More than any JWT.
const LIMIT: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_program_alone() {
        let command = JwtCommand {
            words: vec!["print-jwt".to_owned(), "hunter2".to_owned()],
            environment: vec![("X".into(), "hunter2".into())],
        };
        let shown = format!("{command:?}");
        assert_eq!(shown, "JwtCommand { program: \"print-jwt\", .. }");
    }
}
