use std::fmt;

use http::StatusCode;

use crate::server_text::{is_framed, sanitised};
use crate::{KeyDemand, Operation};

mod cause;

pub use cause::RefusalCause;
pub(crate) use cause::is_said_by_vault;

/// What Vault said when it refused.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// What it means.
    pub cause: RefusalCause,
    /// Vault's own texts, each on one line and not endless.
    pub messages: Vec<String>,
}

impl Refusal {
    /// Reads a refusal. Vault answers with `errors`; its relatives, with
    /// `error`. What is shown of it is `redacted`; what it means, is not: a
    /// secret may be a word of Vault's own.
    pub(crate) fn new(
        operation: Operation,
        (status, texts): (StatusCode, &[String]),
        redacted: impl Fn(&str) -> String,
    ) -> Self {
        let lines = |text: &dyn Fn(&str) -> String| -> Vec<String> {
            let lines = texts.iter().map(|line| sanitised(&text(line)));
            lines.filter(|line| !line.is_empty()).collect()
        };
        let framed = texts.iter().any(|text| is_framed(text));
        let said = lines(&str::to_owned).join("; ");
        let cause = cause::classify(operation, status, &said, framed);
        Self {
            status,
            cause: cause.redacted(&redacted),
            messages: lines(&redacted),
        }
    }

    /// What the role says about keys, where that was the reason.
    pub(crate) fn key_demand(&self) -> Option<&KeyDemand> {
        match &self.cause {
            RefusalCause::KeyRefused { demand } => Some(demand),
            _ => None,
        }
    }
}

/// `permission denied (HTTP 403)`.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.as_u16();
        if self.messages.is_empty() {
            return write!(f, "HTTP {status} without a text");
        }
        write!(f, "{} (HTTP {status})", self.messages.join("; "))
    }
}
