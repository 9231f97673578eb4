use std::time::SystemTime;

use super::PathFlaw;
use crate::fitness::is_weak;
use crate::identity::{MAX_INTERMEDIATES, candidates};
use crate::{Certificate, IssuedBy};

/// Looks for a path from `certificate` over the intermediates to an anchor.
pub(super) fn check(
    certificate: &Certificate,
    (intermediates, anchors): (&[Certificate], &[Certificate]),
    now: SystemTime,
) -> Result<(), PathFlaw> {
    let intermediates = candidates(certificate, intermediates.to_vec());
    let found = intermediates.len();
    if found > MAX_INTERMEDIATES {
        return Err(PathFlaw::TooManyIntermediates { found });
    }
    let mut search = Search {
        intermediates: &intermediates,
        anchors,
        now,
        nearest: None,
    };
    if search.reaches(&Step {
        subject: certificate,
        below: 0,
        taken: 0,
    }) {
        return Ok(());
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
    nearest: Option<Nearest>,
}

/// A certificate on the way up.
struct Step<'a> {
    subject: &'a Certificate,
    /// How many intermediates are below its issuer, self-issued ones not
    /// counted (RFC 5280, section 4.2.1.9).
    below: u8,
    /// How many intermediates have been taken.
    taken: usize,
}

/// The flaw of the path that came farthest.
struct Nearest {
    rank: (usize, u8),
    flaw: PathFlaw,
}

impl Search<'_> {
    fn reaches(&mut self, step: &Step<'_>) -> bool {
        self.note(
            step,
            0,
            PathFlaw::IssuerMissing {
                subject: step.subject.subject(),
                issuer: step.subject.issuer(),
            },
        );
        let (anchors, intermediates) = (self.anchors, self.intermediates);
        if anchors.iter().any(|anchor| self.issues(anchor, step)) {
            return true;
        }
        // A path takes each intermediate once; circles of cross-certificates end here.
        if step.taken == intermediates.len() {
            return false;
        }
        intermediates.iter().any(|issuer| {
            issuer != step.subject
                && self.issues(issuer, step)
                && self.reaches(&Step {
                    subject: issuer,
                    below: step.below + u8::from(!issuer.names_as_issuer(issuer)),
                    taken: step.taken + 1,
                })
        })
    }

    fn issues(&mut self, issuer: &Certificate, step: &Step<'_>) -> bool {
        if !step.subject.names_as_issuer(issuer) {
            return false;
        }
        match self.flaw(issuer, step) {
            None => true,
            Some((rank, flaw)) => {
                self.note(step, rank, flaw);
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
        if issuer.is_ca() != Some(true) {
            return Some((4, PathFlaw::IssuerNotCa { issuer: name() }));
        }
        if !issuer.may_issue() {
            return Some((5, PathFlaw::IssuerMayNotSign { issuer: name() }));
        }
        let allowed = issuer
            .path_length()
            .filter(|allowed| *allowed < step.below)?;
        let issuer = name();
        Some((6, PathFlaw::PathTooLong { issuer, allowed }))
    }

    fn note(&mut self, step: &Step<'_>, rank: u8, flaw: PathFlaw) {
        let rank = (step.taken, rank);
        if self
            .nearest
            .as_ref()
            .is_none_or(|nearest| nearest.rank < rank)
        {
            self.nearest = Some(Nearest { rank, flaw });
        }
    }
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
