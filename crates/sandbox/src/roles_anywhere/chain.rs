use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;

use super::{IssuerFlaw, Refusal};
use crate::signature::{Flaw, verify_structure};

/// "MUST NOT exceed the maximum depth of 5 certificates."
const LONGEST: usize = 5;

/// Finds a path from the end-entity certificate over the chain, in whatever
/// order it came, to one of the trust anchor's certificates. The root or the
/// end-entity certificate among the chain is passed over.
///
/// Name and policy constraints are known, and not verified; the extended key
/// usage of authorities has no effect, as RFC 5280 has it. What AWS does about
/// these is not documented.
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
        if has_unknown_critical_extension(end_entity) {
            let nearest = Some(IssuerFlaw::CriticalExtension);
            return Err(Refusal::Untrusted { nearest });
        }
        let mut nearest = None;
        if self.reaches(end_entity, (&[], 0), &mut nearest) {
            return Ok(());
        }
        match nearest {
            Some(IssuerFlaw::WeakHash) => Err(Refusal::CertificateSignatureWeak),
            nearest => Err(Refusal::Untrusted { nearest }),
        }
    }

    /// Whether `subject`, with the intermediates `taken` under its issuer, leads
    /// to an anchor; `below` of them count for the path length. None is taken
    /// twice, so that circles end.
    fn reaches(
        &self,
        subject: &X509Certificate<'_>,
        (taken, below): (&[&[u8]], u32),
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
            .filter(|issuer| !taken.contains(&issuer.as_raw()))
            .filter(|issuer| is_step(subject, issuer) && issues(issuer))
            .collect();
        steps.into_iter().any(|issuer| {
            let taken = [taken, &[issuer.as_raw()]].concat();
            // RFC 5280, section 4.2.1.9: self-issued ones do not count.
            let below = below + u32::from(!is_self_issued(issuer));
            self.reaches(issuer, (&taken, below), nearest)
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
    if has_unknown_critical_extension(issuer) {
        return Some(IssuerFlaw::CriticalExtension);
    }
    let too_long = constraints
        .value
        .path_len_constraint
        .is_some_and(|longest| longest < below);
    too_long.then_some(IssuerFlaw::PathLength)
}

/// RFC 5280, sections 6.1.4 (o) and 6.1.5 (f): whoever does not know a critical
/// extension refuses.
fn has_unknown_critical_extension(certificate: &X509Certificate<'_>) -> bool {
    let mut extensions = certificate.extensions().iter();
    extensions.any(|extension| {
        let is_known = matches!(
            extension.parsed_extension(),
            ParsedExtension::BasicConstraints(_)
                | ParsedExtension::KeyUsage(_)
                | ParsedExtension::ExtendedKeyUsage(_)
                | ParsedExtension::SubjectAlternativeName(_)
                | ParsedExtension::CertificatePolicies(_)
                | ParsedExtension::CRLDistributionPoints(_)
                | ParsedExtension::NameConstraints(_)
                | ParsedExtension::PolicyConstraints(_)
                | ParsedExtension::PolicyMappings(_)
                | ParsedExtension::InhibitAnyPolicy(_)
        );
        extension.critical && !is_known
    })
}
