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
    /// `GetTrustAnchor` of Roles Anywhere.
    GetTrustAnchor,
    /// `GetProfile` of Roles Anywhere.
    GetProfile,
    /// `AssumeRole` of STS.
    AssumeRole,
    /// `AssumeRoleWithWebIdentity` of STS.
    AssumeRoleWithWebIdentity,
    /// `GetCallerIdentity`, and whatever else STS was asked.
    CallerIdentity,
    /// `GetAuthorizationToken` of ECR, and whatever else it was asked.
    EcrToken,
    /// `GetAuthorizationToken` of ECR Public, and whatever else it was asked.
    EcrPublicToken,
    /// `/v2/` of a registry: whether a password is good.
    RegistryCheck,
    /// A page of a repository's tags.
    RegistryTags,
    /// An image's manifest.
    RegistryManifest,
    /// A layer or the configuration of an image.
    RegistryBlob,
    /// Whatever else a registry was asked.
    RegistryOther,
    /// A token of the instance metadata service.
    ImdsToken,
    /// An instance's role or its credentials, and whatever else the metadata
    /// service was asked.
    ImdsCredentials,
    /// `TokenReview` of the Kubernetes API.
    KubernetesTokenReview,
    /// The keys of the cluster's tokens, or where those are.
    KubernetesKeys,
    /// Reading a service account, a pod or an endpoint slice, or a list of them.
    KubernetesRead,
    /// Following the changes of a list.
    KubernetesWatch,
    /// `TokenRequest` of the Kubernetes API.
    KubernetesTokenRequest,
    /// What a pod is asked by way of the Kubernetes API.
    KubernetesPodProxy,
    /// Whatever else the Kubernetes API was asked.
    KubernetesOther,
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
    statuses: HashMap<(Operation, u16), usize>,
    hosts: HashMap<Operation, Vec<String>>,
}

impl Requests {
    /// How many requests asked for an operation, however long ago.
    pub fn count(&self, operation: Operation) -> usize {
        self.counts.get(&operation).copied().unwrap_or_default()
    }

    /// How many requests for an operation were answered with an HTTP status, however
    /// long ago; not those that were disturbed, nor `CreateSession`s that were
    /// refused.
    pub fn answered(&self, operation: Operation, status: u16) -> usize {
        let count = self.statuses.get(&(operation, status));
        count.copied().unwrap_or_default()
    }

    /// The `Host` headers with which an operation was asked for, each once, in
    /// the order in which they came first; of very many, only the first ones.
    pub fn hosts(&self, operation: Operation) -> &[String] {
        self.hosts.get(&operation).map_or(&[], Vec::as_slice)
    }

    /// How many requests came in all.
    pub fn len(&self) -> usize {
        self.counts.values().sum()
    }

    /// Whether none came.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    fn add(&mut self, record: Record, host: &str) {
        let hosts = self.hosts.entry(record.operation).or_default();
        if hosts.len() < MOST_HOSTS && !hosts.iter().any(|known| known == host) {
            hosts.push(host.to_owned());
        }
        *self.counts.entry(record.operation).or_default() += 1;
        if let Outcome::Answered(status) = record.outcome {
            let answered = (record.operation, status);
            *self.statuses.entry(answered).or_default() += 1;
        }
        self.log.push(record);
        if self.log.len() >= 2 * REMEMBERED {
            self.log.drain(..REMEMBERED);
        }
    }
}

/// So many of the latest requests are always in the log.
const REMEMBERED: usize = 4096;

/// No more hosts of an operation are remembered.
const MOST_HOSTS: usize = 256;

/// What happened, and every secret that was involved.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    requests: Mutex<Requests>,
    secrets: Secrets,
}

impl Ledger {
    /// Puts on record what was asked for at `host`.
    pub(crate) fn record(&self, operation: Operation, outcome: Outcome, host: &str) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.add(Record { operation, outcome }, host);
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
        ledger.record(Operation::VaultLogin, Outcome::Answered(200), "localhost");
        ledger.record(Operation::VaultSign, Outcome::Answered(403), "localhost");
        ledger.record(Operation::VaultSign, Outcome::Answered(200), "localhost");
        let requests = ledger.requests();
        assert_eq!(requests.count(Operation::VaultSign), 2);
        assert_eq!(requests.answered(Operation::VaultSign, 403), 1);
        assert_eq!(requests.answered(Operation::VaultLogin, 403), 0);
        assert_eq!(requests.count(Operation::CreateSession), 0);
        assert_eq!(requests.len(), 3);
    }

    #[test]
    fn hosts_are_known_by_operation_in_order() {
        let ledger = Ledger::default();
        for host in ["b", "a", "b"] {
            ledger.record(Operation::EcrToken, Outcome::Answered(200), host);
        }
        let requests = ledger.requests();
        assert_eq!(requests.hosts(Operation::EcrToken), ["b", "a"]);
        assert_eq!(requests.hosts(Operation::EcrPublicToken), [""; 0]);
    }

    #[test]
    fn a_long_run_is_counted_whole_and_remembered_in_part() {
        let ledger = Ledger::default();
        for _ in 0..3 * REMEMBERED {
            ledger.record(Operation::VaultSign, Outcome::Answered(200), "localhost");
        }
        let requests = ledger.requests();
        assert_eq!(requests.count(Operation::VaultSign), 3 * REMEMBERED);
        assert_eq!(requests.len(), 3 * REMEMBERED);
        assert!((REMEMBERED..2 * REMEMBERED).contains(&requests.log.len()));
    }
}
