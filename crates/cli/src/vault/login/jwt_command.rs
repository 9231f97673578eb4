use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use refresh::FaultKind;
use secrecy::SecretString;
use vault_pki::{Error, JwtSource};

use crate::context::Context;
use crate::failure::Failure;
use crate::program::{Bounds, NoOutput, Program};

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
        // Where a JWT is in a variable, that one is a secret, too.
        let jwt = context.settings.text("jwt-env")?.map(OsString::from);
        let environment = context.environment_of_others().into_iter();
        Ok(Self {
            program: Program::parse(&sourced)?,
            environment: environment
                .filter(|(name, _)| Some(name) != jwt.as_ref())
                .collect(),
        })
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
        let environment = self.environment.iter().cloned();
        let output = self.program.printed(environment, BOUNDS).await;
        let output = output.map_err(|error| {
            let fault = match error {
                NoOutput::TooLong { .. } => FaultKind::Unavailable,
                _ => FaultKind::Configuration,
            };
            self.failed(error.to_string(), fault)
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

const BOUNDS: Bounds = Bounds {
    // More than any JWT.
    limit: 64 * 1024,
    // What a command that asks somebody over the network may take.
    timeout: Duration::from_secs(30),
};
