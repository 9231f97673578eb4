use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

mod secrets;

use secrets::Secrets;

/// What a request asked for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// A login at Vault.
    VaultLogin,
    /// Looking into a wrapped answer of Vault's, or unwrapping it.
    VaultUnwrap,
    /// `lookup-self` of a Vault token.
    VaultLookup,
    /// `renew-self` of a Vault token.
    VaultRenew,
    /// `revoke-self` of a Vault token, and whatever else concerns tokens.
    VaultToken,
    /// `sign` or `sign-verbatim` at a PKI mount.
    VaultSign,
    /// `issue` at a PKI mount.
    VaultIssue,
    /// Revoking a certificate at a PKI mount.
    VaultRevoke,
    /// Reading a role, an issuer or a chain of a PKI mount.
    VaultRead,
    /// A JWT from the stand-in of GitHub's token endpoint.
    IdToken,
    /// Health, seal status, and whatever else Vault was asked.
    VaultOther,
    /// `CreateSession` of Roles Anywhere.
    CreateSession,
    /// `AssumeRole` of STS.
    AssumeRole,
    /// `GetCallerIdentity`, and whatever else STS was asked.
    CallerIdentity,
}

/// How a request ended.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// Answered with this HTTP status.
    Answered(u16),
    /// `CreateSession` refused, and by which check.
    Refused(crate::Refusal),
    /// A fault was played instead of an answer.
    Disturbed(crate::FaultEffect),
}

/// One request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// What was asked.
    pub operation: Operation,
    /// How it ended.
    pub outcome: Outcome,
}

/// The requests so far, in order of arrival.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Requests {
    /// The requests: all of them, or the latest several thousand of a long run.
    pub log: Vec<Record>,
    counts: HashMap<Operation, usize>,
}

impl Requests {
    /// How many requests asked for an operation, however long ago.
    pub fn count(&self, operation: Operation) -> usize {
        self.counts.get(&operation).copied().unwrap_or_default()
    }

    /// How many requests came in all.
    pub fn len(&self) -> usize {
        self.counts.values().sum()
    }

    /// Whether none came.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    fn add(&mut self, record: Record) {
        *self.counts.entry(record.operation).or_default() += 1;
        self.log.push(record);
        if self.log.len() >= 2 * REMEMBERED {
            self.log.drain(..REMEMBERED);
        }
    }
}

/// So many of the latest requests are always in the log.
const REMEMBERED: usize = 4096;

/// What happened, and every secret that was involved.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    requests: Mutex<Requests>,
    secrets: Secrets,
}

impl Ledger {
    pub(crate) fn record(&self, operation: Operation, outcome: Outcome) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.add(Record { operation, outcome });
    }

    pub(crate) fn requests(&self) -> Requests {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.clone()
    }

    pub(crate) fn note_secret(&self, secret: &str) {
        self.secrets.note(secret);
    }

    pub(crate) fn secrets(&self) -> Vec<String> {
        self.secrets.all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_operation() {
        let ledger = Ledger::default();
        ledger.record(Operation::VaultLogin, Outcome::Answered(200));
        ledger.record(Operation::VaultSign, Outcome::Answered(403));
        ledger.record(Operation::VaultSign, Outcome::Answered(200));
        let requests = ledger.requests();
        assert_eq!(requests.count(Operation::VaultSign), 2);
        assert_eq!(requests.count(Operation::CreateSession), 0);
        assert_eq!(requests.len(), 3);
    }

    #[test]
    fn a_long_run_is_counted_whole_and_remembered_in_part() {
        let ledger = Ledger::default();
        for _ in 0..3 * REMEMBERED {
            ledger.record(Operation::VaultSign, Outcome::Answered(200));
        }
        let requests = ledger.requests();
        assert_eq!(requests.count(Operation::VaultSign), 3 * REMEMBERED);
        assert_eq!(requests.len(), 3 * REMEMBERED);
        assert!((REMEMBERED..2 * REMEMBERED).contains(&requests.log.len()));
    }
}
