use std::time::SystemTime;

use crate::fitness::checks;
use crate::identity::certificates;
use crate::{Certificate, Finding, InvalidIdentity, Unfitness};

mod flaw;
mod path;

pub use flaw::{AnchorFlaw, PathFlaw};

/// The certificates that a trust anchor is registered with, to be checked
/// against before anything is sent.
///
/// Each may be a root or an intermediate: Roles Anywhere ends a path at
/// either.
#[derive(Clone, Debug)]
pub struct TrustAnchor {
    certificates: Vec<Certificate>,
}

/// The most certificates that one trust anchor takes: the one in use, and its
/// successor. The quota cannot be raised.
///
/// [Roles Anywhere User Guide: quotas](https://docs.aws.amazon.com/rolesanywhere/latest/userguide/quotas.html)
pub const MAX_ANCHOR_CERTIFICATES: usize = 2;

impl TrustAnchor {
    /// Reads a PEM bundle, as it is given to `CreateTrustAnchor`.
    pub fn from_pem(text: &[u8]) -> Result<Self, InvalidIdentity> {
        let certificates = certificates(text, SOURCE)?;
        if certificates.is_empty() {
            return Err(InvalidIdentity::NoCertificate {
                source_name: SOURCE,
            });
        }
        Ok(Self { certificates })
    }

    /// The certificates in the order of the bundle.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Whether `certificate` is valid at `now` and leads over the intermediates,
    /// in whatever order, to one of the anchor's certificates: `Err` says what
    /// breaks the path that comes nearest. Whether Roles Anywhere takes the
    /// certificate itself says [`Finding::of_trusted`].
    ///
    /// Names, signatures, validity, `CA:TRUE`, `keyCertSign`, the length of the
    /// path and unknown critical extensions are checked (RFC 5280, section 6.1).
    /// Name constraints, policies and revocation are not. `Ok` has a warning
    /// for each name or policy constraint on the path, which may still be
    /// violated, and for each issuer whose extended key usage has no
    /// `clientAuth`: RFC 5280 gives that no meaning in a CA certificate, most
    /// verifiers take it for a restriction, and AWS does not say.
    pub fn check_path(
        &self,
        certificate: &Certificate,
        intermediates: &[Certificate],
        now: SystemTime,
    ) -> Result<Vec<Finding>, PathFlaw> {
        let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
        if !(not_before..=not_after).contains(&now) {
            return Err(PathFlaw::NotValid {
                subject: certificate.subject(),
                not_before,
                not_after,
            });
        }
        let issuers = self.issuers(certificate, intermediates, now)?;
        let restrictions = checks::restrictions(&issuers).into_iter();
        Ok(restrictions.map(Finding::new).collect())
    }

    /// The issuers on the path to the anchor, its certificate last. When the
    /// certificate below them is valid is not looked at.
    pub(crate) fn issuers(
        &self,
        certificate: &Certificate,
        intermediates: &[Certificate],
        now: SystemTime,
    ) -> Result<Vec<Certificate>, PathFlaw> {
        path::find(certificate, (intermediates, &self.certificates), now)
    }

    /// What is the matter with the anchor's own certificates at `now`.
    pub fn flaws(&self, now: SystemTime) -> Vec<Finding> {
        let own = self.certificates.iter();
        let mut flaws: Vec<Unfitness> = own
            .filter_map(|certificate| {
                Some(Unfitness::TrustAnchor {
                    subject: certificate.subject(),
                    flaw: AnchorFlaw::of(certificate, now)?,
                })
            })
            .collect();
        let found = self.certificates.len();
        if found > MAX_ANCHOR_CERTIFICATES {
            flaws.push(Unfitness::TooManyAnchorCertificates { found });
        }
        flaws.into_iter().map(Finding::new).collect()
    }
}

const SOURCE: &str = "trust anchor";
