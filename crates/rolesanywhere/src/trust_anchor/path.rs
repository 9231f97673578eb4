use std::time::SystemTime;

use super::PathFlaw;
use crate::fitness::is_weak;
use crate::identity::{MAX_INTERMEDIATES, candidates};
use crate::{Certificate, IssuedBy};

/// Looks for a path from `certificate` over the intermediates to an anchor:
/// the issuers, in this order.
pub(super) fn find(
    certificate: &Certificate,
    (intermediates, anchors): (&[Certificate], &[Certificate]),
    now: SystemTime,
) -> Result<Vec<Certificate>, PathFlaw> {
    let intermediates = candidates(certificate, intermediates.to_vec());
    let found = intermediates.len();
    if found > MAX_INTERMEDIATES {
        return Err(PathFlaw::TooManyIntermediates { found });
    }
    if let Some(flaw) = critical_extension(certificate) {
        return Err(flaw);
    }
    let mut search = Search {
        intermediates: &intermediates,
        anchors,
        now,
        taken: Vec::new(),
        nearest: None,
    };
    if let Some(anchor) = search.anchor_above(&Step {
        subject: certificate,
        below: 0,
    }) {
        let path = search.taken.into_iter().chain([anchor]);
        return Ok(path.cloned().collect());
    }
    let missing = || PathFlaw::IssuerMissing {
        subject: certificate.subject(),
        issuer: certificate.issuer(),
    };
    Err(search.nearest.map_or_else(missing, |nearest| nearest.flaw))
}

/// A search in depth: certificates of the same name may have several keys, and
/// keys several certificates, of which one leads on.
struct Search<'a> {
    intermediates: &'a [Certificate],
    anchors: &'a [Certificate],
    now: SystemTime,
    /// The intermediates between the end-entity certificate and the step.
    taken: Vec<&'a Certificate>,
    nearest: Option<Nearest>,
}

/// A certificate on the way up.
struct Step<'a> {
    subject: &'a Certificate,
    /// How many intermediates are below its issuer, self-issued ones not
    /// counted (RFC 5280, section 4.2.1.9).
    below: u8,
}

/// The flaw of the path that came farthest.
struct Nearest {
    rank: (usize, u8),
    flaw: PathFlaw,
}

impl<'a> Search<'a> {
    /// The anchor that a path from the step ends at; what is in between has
    /// been taken then.
    fn anchor_above(&mut self, step: &Step<'_>) -> Option<&'a Certificate> {
        self.note(
            0,
            PathFlaw::IssuerMissing {
                subject: step.subject.subject(),
                issuer: step.subject.issuer(),
            },
        );
        let (anchors, intermediates) = (self.anchors, self.intermediates);
        let anchor = anchors.iter().find(|anchor| self.issues(anchor, step));
        anchor.or_else(|| {
            intermediates
                .iter()
                .find_map(|issuer| self.anchor_over(issuer, step))
        })
    }

    /// The same by way of one intermediate. A path takes each once: circles of
    /// cross-certificates end here.
    fn anchor_over(&mut self, issuer: &'a Certificate, step: &Step<'_>) -> Option<&'a Certificate> {
        if self.taken.contains(&issuer) || !self.issues(issuer, step) {
            return None;
        }
        self.taken.push(issuer);
        let anchor = self.anchor_above(&Step {
            subject: issuer,
            below: step.below + u8::from(!issuer.names_as_issuer(issuer)),
        });
        if anchor.is_none() {
            self.taken.pop();
        }
        anchor
    }

    fn issues(&mut self, issuer: &Certificate, step: &Step<'_>) -> bool {
        if !step.subject.names_as_issuer(issuer) {
            return false;
        }
        match self.flaw(issuer, step) {
            None => true,
            Some((rank, flaw)) => {
                self.note(rank, flaw);
                false
            }
        }
    }

    /// What keeps a certificate of the right name from being the issuer, and
    /// how near it came.
    fn flaw(&self, issuer: &Certificate, step: &Step<'_>) -> Option<(u8, PathFlaw)> {
        let subject = || step.subject.subject();
        let name = || issuer.subject();
        match step.subject.issued_by(issuer) {
            IssuedBy::This => {}
            IssuedBy::Other => {
                let (subject, issuer) = (subject(), name());
                return Some((1, PathFlaw::OtherKey { subject, issuer }));
            }
            IssuedBy::Unverifiable => return Some((2, unverifiable(step.subject))),
        }
        let (not_before, not_after) = (issuer.not_before(), issuer.not_after());
        if !(not_before..=not_after).contains(&self.now) {
            let issuer = name();
            return Some((
                3,
                PathFlaw::IssuerNotValid {
                    issuer,
                    not_before,
                    not_after,
                },
            ));
        }
        authority_flaw(issuer, step.below)
    }

    fn note(&mut self, rank: u8, flaw: PathFlaw) {
        let rank = (self.taken.len(), rank);
        if self
            .nearest
            .as_ref()
            .is_none_or(|nearest| nearest.rank < rank)
        {
            self.nearest = Some(Nearest { rank, flaw });
        }
    }
}

/// What keeps a certificate that has signed from being a CA's.
fn authority_flaw(issuer: &Certificate, below: u8) -> Option<(u8, PathFlaw)> {
    let name = || issuer.subject();
    if issuer.is_ca() != Some(true) {
        return Some((4, PathFlaw::IssuerNotCa { issuer: name() }));
    }
    if !issuer.may_issue() {
        return Some((5, PathFlaw::IssuerMayNotSign { issuer: name() }));
    }
    if let Some(flaw) = critical_extension(issuer) {
        return Some((6, flaw));
    }
    let allowed = issuer.path_length().filter(|allowed| *allowed < below)?;
    let issuer = name();
    Some((7, PathFlaw::PathTooLong { issuer, allowed }))
}

fn critical_extension(certificate: &Certificate) -> Option<PathFlaw> {
    let extension = certificate.unknown_critical_extension()?;
    let subject = certificate.subject();
    Some(PathFlaw::CriticalExtension { subject, extension })
}

fn unverifiable(certificate: &Certificate) -> PathFlaw {
    let subject = certificate.subject();
    let algorithm = certificate.signature_algorithm();
    if is_weak(&algorithm) {
        PathFlaw::WeakSignature { subject, algorithm }
    } else {
        PathFlaw::UnverifiableSignature { subject, algorithm }
    }
}
