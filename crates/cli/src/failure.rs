use std::error::Error;
use std::fmt;
use std::time::Duration;

use refresh::{Fault, FaultKind};

use crate::exit::Exit;

#[cfg(feature = "ecr")]
pub(crate) mod ambient;
mod assumption;
mod aws;
#[cfg(feature = "ecr")]
mod ecr;
mod file;
#[cfg(feature = "kubernetes")]
mod kubernetes;
#[cfg(feature = "pkcs11")]
mod pkcs11;
mod sink;
mod unfit;
#[cfg(feature = "vault")]
mod vault;

pub(crate) use assumption::assumption;
#[cfg(feature = "kubernetes")]
pub(crate) use kubernetes::cluster_connection;
pub(crate) use unfit::{remedy, unfit};

/// Why a command failed: what failed where, and what to do about it.
///
/// The code is a promise: scripts and documentation refer to it.
#[derive(Debug)]
pub struct Failure {
    code: &'static str,
    fault: FaultKind,
    exit: Exit,
    error: Box<dyn Error + Send + Sync>,
    hint: Option<String>,
    retry_after: Option<Duration>,
}

impl Failure {
    /// A failure of `kind` by `error`.
    pub(crate) fn new(
        code: &'static str,
        kind: FaultKind,
        error: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self {
            code,
            fault: kind,
            exit: kind.into(),
            error: error.into(),
            hint: None,
            retry_after: None,
        }
    }

    /// A library's error: its own fault kind, and the wait that was asked for.
    pub(crate) fn of(
        code: &'static str,
        hint: Option<String>,
        error: impl Fault + Error + Send + Sync + 'static,
    ) -> Self {
        let retry_after = error.retry_after();
        Self::new(code, error.fault(), error)
            .with_hint_if(hint)
            .with_retry_after(retry_after)
    }

    /// Something that we were told is wrong.
    pub(crate) fn configuration(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, FaultKind::Configuration, message.into())
    }

    /// The same with what to do about it.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with what to do about it, where that is known.
    #[must_use]
    pub(crate) fn with_hint_if(mut self, hint: Option<impl Into<String>>) -> Self {
        self.hint = hint.map(Into::into);
        self
    }

    /// The same where the other side asked for a wait.
    #[must_use]
    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// The same with what it is about before the message.
    #[must_use]
    pub(crate) fn about(mut self, what: &str) -> Self {
        self.error = format!("{what}: {}", self.message()).into();
        self
    }

    /// The same where other targets have got what they should.
    #[must_use]
    pub(crate) fn after_others(mut self) -> Self {
        self.exit = Exit::Partial;
        self
    }

    /// The same failure once more, of which others keep this one.
    pub(crate) fn again(&self) -> Self {
        Self {
            code: self.code,
            fault: self.fault,
            exit: self.exit,
            error: self.message().into(),
            hint: self.hint.clone(),
            retry_after: self.retry_after,
        }
    }

    /// The stable code: `vault.denied`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What the process ends with.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What to do about it, if that is known.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The error and its causes on one line, each once.
    pub(crate) fn message(&self) -> String {
        let mut text = self.error.to_string();
        let mut next = self.error.source();
        while let Some(cause) = next {
            let cause_text = cause.to_string();
            if !text.ends_with(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            next = cause.source();
        }
        text
    }
}

impl Fault for Failure {
    fn fault(&self) -> FaultKind {
        self.fault
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

/// Its text already tells its causes.
impl Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

/// stdout is closed or full.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(
            "output.failed",
            FaultKind::Failed,
            format!("cannot write the output: {error}"),
        )
    }
}
