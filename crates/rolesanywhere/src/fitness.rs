use std::time::SystemTime;

use crate::{Certificate, Identity, TrustAnchor, identity};

pub(crate) mod checks;
mod text;
mod unfitness;

pub use unfitness::Unfitness;

/// What keeps a certificate from being used with Roles Anywhere, or may do so.
///
/// Each finding says what it is, what AWS would answer, and how sure that is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// What is the matter.
    pub unfitness: Unfitness,
    /// Whether AWS refuses such a certificate, or is only known to have done so.
    pub severity: Severity,
}

/// How much a [`Finding`] matters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Severity {
    /// AWS documents that it refuses such a certificate.
    Error,
    /// It may work, or stop working.
    Warning,
}

impl Identity {
    /// What is the matter with this identity at `now`, errors first.
    pub fn fitness(&self, now: SystemTime) -> Vec<Finding> {
        let path = checks::path(
            self.certificate(),
            (self.intermediates(), self.linked()),
            now,
        );
        Finding::sorted(checks::end_entity(self.certificate(), now), path)
    }
}

impl Finding {
    /// What is the matter with `certificate` at `now`, errors first.
    ///
    /// The other certificates may stand in any order; roots among them do not
    /// count.
    pub fn of(
        certificate: &Certificate,
        intermediates: &[Certificate],
        now: SystemTime,
    ) -> Vec<Self> {
        let (path, linked) = identity::path(certificate, intermediates.to_vec());
        let path = checks::path(certificate, (&path, linked), now);
        Self::sorted(checks::end_entity(certificate, now), path)
    }

    /// The same where the trust anchor is known: whether the path holds is then
    /// no guess, as far as [`TrustAnchor::check_path`] checks it, and what is
    /// the matter with the anchor is said, too.
    pub fn of_trusted(
        certificate: &Certificate,
        intermediates: &[Certificate],
        (anchor, now): (&TrustAnchor, SystemTime),
    ) -> Vec<Self> {
        let mut path = match anchor.issuers(certificate, intermediates, now) {
            Ok(issuers) => checks::restrictions(&issuers),
            Err(flaw) => vec![Unfitness::Untrusted(flaw)],
        };
        path.extend(anchor.flaws(now).into_iter().map(|flaw| flaw.unfitness));
        Self::sorted(checks::end_entity(certificate, now), path)
    }

    pub(crate) fn new(unfitness: Unfitness) -> Self {
        Self {
            severity: unfitness.severity(),
            unfitness,
        }
    }

    fn sorted(end_entity: Vec<Unfitness>, path: Vec<Unfitness>) -> Vec<Self> {
        let found = end_entity.into_iter().chain(path);
        let mut findings: Vec<Self> = found.map(Self::new).collect();
        findings.sort_by_key(|finding| finding.severity != Severity::Error);
        findings
    }

    /// What AWS answers to a request with such a certificate.
    pub fn prevents(&self) -> &'static str {
        self.unfitness.prevents()
    }
}

/// Whether a signature algorithm has a hash older than SHA-256.
pub(crate) fn is_weak(algorithm: &str) -> bool {
    matches!(
        algorithm,
        "md5WithRSAEncryption" | "sha1WithRSAEncryption" | "ecdsa-with-SHA1" | "ecdsa-with-SHA224"
    )
}

pub(crate) fn at(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time)
        .map_or_else(|_| "an impossible time".to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests;
