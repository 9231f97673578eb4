use std::ffi::OsString;
use std::time::Duration;

use super::AmbientCredentials;
use super::document::Document;
use crate::failure::{self, Failure};
use crate::program::{Bounds, NoOutput, Program};
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
        let environment = environment.iter().cloned();
        let printed = self.program.printed(environment, BOUNDS).await;
        let printed = printed.map_err(|error| self.failed(&error))?;
        let document = Document::parse(&printed)
            .ok_or_else(|| self.invalid("it does not print the JSON of credentials"))?;
        if document.version != Some(1) {
            return Err(self.invalid("what it prints is not of Version 1"));
        }
        let credentials = document.credentials("credential_process");
        credentials.map_err(|why| self.invalid(&format!("what it prints cannot be used: {why}")))
    }

    /// Why it failed is its own to say: its stderr is ours.
    fn failed(&self, error: &NoOutput) -> Failure {
        match error {
            NoOutput::NotStarted(_) => self.invalid(&error.to_string()).with_hint(
                "it is run without a shell; name one for pipes or variables in it: sh -c '…'",
            ),
            NoOutput::TooMuch { .. } | NoOutput::Unread(_) => self.invalid(&error.to_string()),
            NoOutput::TooLong { .. } | NoOutput::Failed(_) => {
                failure::ambient::unavailable(self.message(&error.to_string()))
            }
        }
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

const BOUNDS: Bounds = Bounds {
    // More than any credentials.
    limit: 64 * 1024,
    // What a program that asks somebody over the network may take.
    timeout: Duration::from_secs(60),
};
