use super::data::Served;
use crate::certificate::{Certificate, Verdict};

/// The way from an end-entity certificate to its root (RFC 5280, section 6), found by names and
/// signatures: the order of what a server sends has misled clients for years.
pub(super) struct CertificationPath {
    pub(super) intermediates: Vec<Certificate>,
    pub(super) root: Option<Certificate>,
    /// Whether there is a signature on the way that could not be checked.
    pub(super) unverified: bool,
    /// Whether something served has signed the end-entity certificate.
    pub(super) has_issuer: bool,
}

impl CertificationPath {
    pub(super) fn build(served: &Served) -> Self {
        let mut candidates: Vec<&Certificate> =
            served.issuing_ca.iter().chain(&served.ca_chain).collect();
        let mut path = Self {
            intermediates: Vec::new(),
            root: None,
            unverified: false,
            has_issuer: false,
        };
        let mut subject = &served.end_entity;
        while let Some((position, verdict)) = issuer_of(subject, &candidates) {
            let issuer = candidates.remove(position);
            // The same certificate again: `issuing_ca` is also in `ca_chain`.
            candidates.retain(|other| *other != issuer);
            path.unverified |= verdict == Verdict::Unknown;
            path.has_issuer = true;
            if issuer.is_self_signed() {
                path.root = Some(issuer.clone());
                break;
            }
            path.intermediates.push(issuer.clone());
            subject = issuer;
        }
        path
    }
}

/// The certificate that has signed `subject`; a signature that can be checked
/// goes before one that cannot.
fn issuer_of(subject: &Certificate, candidates: &[&Certificate]) -> Option<(usize, Verdict)> {
    let verdicts = candidates.iter().enumerate();
    let verdicts = verdicts.filter(|(_, issuer)| subject.names_as_issuer(issuer));
    let verdicts: Vec<_> = verdicts
        .map(|(position, issuer)| (position, subject.signed_by(issuer)))
        .collect();
    [Verdict::Right, Verdict::Unknown]
        .into_iter()
        .find_map(|wanted| verdicts.iter().find(|(_, verdict)| *verdict == wanted))
        .copied()
}
