use std::ffi::OsString;
use std::fmt;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use refresh::FaultKind;
use secrecy::SecretString;
use tokio::io::AsyncReadExt as _;
use tokio::process::Child;
use vault_pki::{Error, JwtSource};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::daemon::OUR_OWN;
use crate::failure::Failure;
use crate::program::{Program, ending};
use crate::setting::{Setting, Value};

/// A command that prints a JWT: run at each login, without a shell.
pub(super) struct JwtCommand {
    program: Program,
    environment: Vec<(OsString, OsString)>,
}

impl JwtCommand {
    /// The words of `--jwt-command`, split as a shell would.
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let sourced = context.settings.sourced("jwt-command")?;
        let Some(sourced) = sourced else {
            return Err(super::missing("--jwt-command is missing", "set it"));
        };
        Ok(Self {
            program: Program::parse(&sourced)?,
            environment: context
                .settings
                .environment()
                .without(&kept_from_it(context)?),
        })
    }

    async fn output(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let failed = |reason: String| self.failed(reason, FaultKind::Configuration);
        let environment = self.environment.iter().cloned();
        let running = self.program.start(environment, Stdio::piped());
        let mut running = running.map_err(|error| failed(format!("it cannot be run: {error}")))?;
        // Never grown: a vector that grows leaves its old memory behind.
        let mut output = Zeroizing::new(Vec::with_capacity(LIMIT + 1));
        let status = read(&mut running.child, &mut output).await;
        if output.len() > LIMIT {
            return Err(failed(format!("it prints more than {LIMIT} bytes")));
        }
        match status {
            Ok(status) if status.success() => Ok(output),
            Ok(status) => Err(failed(format!("it {}", ending(status)))),
            Err(error) => Err(failed(format!("its output cannot be read: {error}"))),
        }
    }

    fn failed(&self, reason: String, fault: FaultKind) -> Error {
        Error::NoJwt {
            origin: format!("the command {} (--jwt-command)", self.program.name()),
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
            .field("program", &self.program.name())
            .finish_non_exhaustive()
    }
}

/// Reads what it prints, to its end or to the limit.
async fn read(child: &mut Child, output: &mut Vec<u8>) -> io::Result<ExitStatus> {
    let Some(stdout) = child.stdout.take() else {
        return child.wait().await;
    };
    let mut stdout = stdout.take(LIMIT as u64 + 1);
    let read = stdout.read_to_end(output);
    tokio::pin!(read);
    tokio::select! {
        read = &mut read => match read? {
            length if length > LIMIT => Ok(ExitStatus::default()),
            _ => child.wait().await,
        },
        // What it has left in the background may hold its output open.
        status = child.wait() => {
            let _ = tokio::time::timeout(LAST_WORDS, &mut read).await;
            status
        }
    }
}

/// The variables of all our secrets, and those through which a service manager
/// listens to us alone.
fn kept_from_it(context: &Context<'_>) -> Result<Vec<String>, Failure> {
    let secrets = crate::settings::all()
        .filter(|setting| setting.value == Value::SecretVariable)
        .flat_map(Setting::all_variables);
    let others = OUR_OWN.map(str::to_owned).into_iter();
    let named = context.settings.text("jwt-env")?;
    Ok(secrets.chain(others).chain(named).collect())
}

/// What a command that asks somebody over the network may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long what a command has printed may take to arrive after its end.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// More than any JWT.
const LIMIT: usize = 64 * 1024;
