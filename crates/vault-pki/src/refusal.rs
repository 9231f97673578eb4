use std::fmt;

use http::StatusCode;

use crate::KeyDemand;
use crate::server_text::{is_framed, sanitised};

mod cause;

pub use cause::RefusalCause;

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
    /// `error`.
    pub(crate) fn new(status: StatusCode, texts: &[String]) -> Self {
        let messages: Vec<String> = texts
            .iter()
            .map(|text| sanitised(text))
            .filter(|text| !text.is_empty())
            .collect();
        let framed = texts.iter().any(|text| is_framed(text));
        let cause = cause::classify(status, &messages.join("; "), framed);
        Self {
            status,
            cause,
            messages,
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
