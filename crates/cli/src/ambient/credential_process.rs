use std::ffi::OsString;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use zeroize::Zeroizing;

use super::AmbientCredentials;
use super::document::Document;
use crate::failure::{self, Failure};
use crate::program::{Program, ending};
use crate::resolved::{Origin, Sourced};

/// The program of a profile that prints credentials. Where the SDKs have a shell
/// run it, here its words are all there is: an image may have no shell.
///
/// [Process credential provider](https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html)
#[derive(Debug)]
pub(super) struct CredentialProcess {
    program: Program,
    profile: String,
}

impl CredentialProcess {
    /// The words of a profile's `credential_process`.
    pub(super) fn new(command: String, profile: &str) -> Result<Self, Failure> {
        let place = format!("profile {profile}");
        let setting = Sourced {
            value: command,
            origin: Origin::Part(place, "credential_process"),
        };
        let program = Program::parse(&setting);
        Ok(Self {
            program: program.map_err(|failure| failure::ambient::invalid(failure.message()))?,
            profile: profile.to_owned(),
        })
    }

    /// Runs it in this environment: all of it, as it may need each part that
    /// the SDKs would leave it.
    pub(super) async fn credentials(
        &self,
        environment: &[(OsString, OsString)],
    ) -> Result<AmbientCredentials, Failure> {
        let printed = tokio::time::timeout(TIMEOUT, self.printed(environment)).await;
        let printed = printed.unwrap_or_else(|_| {
            let why = format!("it took longer than {} s", TIMEOUT.as_secs());
            Err(failure::ambient::unavailable(self.message(&why)))
        })?;
        let document = Document::parse(&printed)
            .ok_or_else(|| self.invalid("it does not print the JSON of credentials"))?;
        if document.version != Some(1) {
            return Err(self.invalid("what it prints is not of Version 1"));
        }
        let credentials = document.credentials("credential_process");
        credentials.map_err(|why| self.invalid(&format!("what it prints cannot be used: {why}")))
    }

    async fn printed(
        &self,
        environment: &[(OsString, OsString)],
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let running = self
            .program
            .start(environment.iter().cloned(), Stdio::piped());
        let mut running = running.map_err(|error| {
            self.invalid(&format!("it cannot be run: {error}"))
                .with_hint(
                    "it is run without a shell; name one for pipes or variables in it: sh -c '…'",
                )
        })?;
        match running.output(LIMIT).await {
            Ok((output, _)) if output.len() > LIMIT => {
                Err(self.invalid(&format!("it prints more than {LIMIT} bytes")))
            }
            Ok((output, status)) if status.success() => Ok(output),
            Ok((_, status)) => Err(self.failed(status)),
            Err(error) => Err(self.invalid(&format!("its output cannot be read: {error}"))),
        }
    }

    /// Why it failed is its own to say: its stderr is ours.
    fn failed(&self, status: ExitStatus) -> Failure {
        let message = self.message(&format!("it {}", ending(status)));
        failure::ambient::unavailable(message)
    }

    fn invalid(&self, why: &str) -> Failure {
        failure::ambient::invalid(self.message(why))
    }

    /// Its arguments may be secrets.
    fn message(&self, why: &str) -> String {
        let Self { program, profile } = self;
        format!(
            "credential_process {} of profile {profile}: {why}",
            program.name()
        )
    }
}

/// What a program that asks somebody over the network may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// More than any credentials.
const LIMIT: usize = 64 * 1024;
