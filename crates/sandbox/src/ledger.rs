use std::sync::{Mutex, PoisonError};

mod secrets;

use secrets::Secrets;

/// What a request asked for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// A login at Vault.
    VaultLogin,
    /// Looking up, renewing or revoking a Vault token.
    VaultToken,
    /// `sign` at a PKI mount.
    VaultSign,
    /// `issue` at a PKI mount.
    VaultIssue,
    /// Reading a role, an issuer or a chain of a PKI mount.
    VaultRead,
    /// Health, seal status, and whatever else Vault was asked.
    VaultOther,
    /// `CreateSession` of Roles Anywhere.
    CreateSession,
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

/// Every request so far, in order of arrival.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Requests {
    /// The requests.
    pub log: Vec<Record>,
}

impl Requests {
    /// How many requests asked for an operation.
    pub fn count(&self, operation: Operation) -> usize {
        let same = |record: &&Record| record.operation == operation;
        self.log.iter().filter(same).count()
    }

    /// How many requests came in all.
    pub fn len(&self) -> usize {
        self.log.len()
    }

    /// Whether none came.
    pub fn is_empty(&self) -> bool {
        self.log.is_empty()
    }
}

/// What happened, and every secret that was involved.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    requests: Mutex<Requests>,
    secrets: Secrets,
}

impl Ledger {
    pub(crate) fn record(&self, operation: Operation, outcome: Outcome) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.log.push(Record { operation, outcome });
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
}
