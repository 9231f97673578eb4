use x509_parser::certificate::X509Certificate;

use super::{IssuerFlaw, Refusal};
use crate::signature::{Flaw, verify_structure};

/// "MUST NOT exceed the maximum depth of 5 certificates."
const LONGEST: usize = 5;

/// Finds a path from the end-entity certificate over the chain, in whatever
/// order it came, to one of the trust anchor's certificates. The root or the
/// end-entity certificate among the chain is passed over.
pub(super) struct TrustPath<'a> {
    pub(super) chain: &'a [X509Certificate<'a>],
    pub(super) anchors: &'a [X509Certificate<'a>],
    /// Seconds since 1970.
    pub(super) now: i64,
}

impl TrustPath<'_> {
    /// Succeeds where there is a path.
    pub(super) fn check(&self, end_entity: &X509Certificate<'_>) -> Result<(), Refusal> {
        if self.chain.len() > LONGEST {
            return Err(Refusal::ChainTooLong {
                count: self.chain.len(),
            });
        }
        let mut nearest = None;
        if self.reaches(end_entity, (0, 0), &mut nearest) {
            return Ok(());
        }
        match nearest {
            Some(IssuerFlaw::WeakHash) => Err(Refusal::CertificateSignatureWeak),
            nearest => Err(Refusal::Untrusted { nearest }),
        }
    }

    /// Whether `subject`, with `taken` intermediates under its issuer, leads to
    /// an anchor; `below` of them count for the path length.
    fn reaches(
        &self,
        subject: &X509Certificate<'_>,
        (taken, below): (usize, u32),
        nearest: &mut Option<IssuerFlaw>,
    ) -> bool {
        let mut issues = |issuer: &X509Certificate<'_>| {
            if subject.issuer().as_raw() != issuer.subject().as_raw() {
                return false;
            }
            let flaw = self.flaw(subject, issuer, below);
            *nearest = flaw.or(*nearest);
            flaw.is_none()
        };
        if self.anchors.iter().any(&mut issues) {
            return true;
        }
        let steps: Vec<_> = self
            .chain
            .iter()
            .filter(|issuer| is_step(subject, issuer) && issues(issuer))
            .collect();
        taken < LONGEST
            && steps.into_iter().any(|issuer| {
                // RFC 5280, section 4.2.1.9: self-issued ones do not count.
                let below = below + u32::from(!is_self_issued(issuer));
                self.reaches(issuer, (taken + 1, below), nearest)
            })
    }

    /// What keeps `issuer` from having issued `subject`.
    fn flaw(
        &self,
        subject: &X509Certificate<'_>,
        issuer: &X509Certificate<'_>,
        below: u32,
    ) -> Option<IssuerFlaw> {
        let signature = verify_structure(
            issuer.public_key(),
            &subject.signature_algorithm,
            subject.tbs_certificate.as_ref(),
            &subject.signature_value.data,
        );
        match signature {
            Err(Flaw::Weak) => return Some(IssuerFlaw::WeakHash),
            Err(Flaw::Mismatch | Flaw::Unsupported) => return Some(IssuerFlaw::Signature),
            Ok(()) => {}
        }
        let validity = issuer.validity();
        let valid = validity.not_before.timestamp() <= self.now
            && self.now <= validity.not_after.timestamp();
        if !valid {
            return Some(IssuerFlaw::Validity);
        }
        authority_flaw(issuer, below)
    }
}

/// A self-signed certificate is no step on the way: only anchors end a path. A
/// self-issued one, by which a CA's old key vouches for its new one, is
/// (RFC 5280, section 3.2).
fn is_step(subject: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    let signed_itself = || {
        let signature = verify_structure(
            issuer.public_key(),
            &issuer.signature_algorithm,
            issuer.tbs_certificate.as_ref(),
            &issuer.signature_value.data,
        );
        !matches!(signature, Err(Flaw::Mismatch))
    };
    subject.as_raw() != issuer.as_raw() && !(is_self_issued(issuer) && signed_itself())
}

fn is_self_issued(certificate: &X509Certificate<'_>) -> bool {
    certificate.subject().as_raw() == certificate.issuer().as_raw()
}

fn authority_flaw(issuer: &X509Certificate<'_>, below: u32) -> Option<IssuerFlaw> {
    let Ok(Some(constraints)) = issuer.basic_constraints() else {
        return Some(IssuerFlaw::NotAnAuthority);
    };
    if !constraints.value.ca {
        return Some(IssuerFlaw::NotAnAuthority);
    }
    let signs = issuer
        .key_usage()
        .is_ok_and(|usage| usage.is_some_and(|usage| usage.value.key_cert_sign()));
    if !signs {
        return Some(IssuerFlaw::KeyUsage);
    }
    let too_long = constraints
        .value
        .path_len_constraint
        .is_some_and(|longest| longest < below);
    too_long.then_some(IssuerFlaw::PathLength)
}
