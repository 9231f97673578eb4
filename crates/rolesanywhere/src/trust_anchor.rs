use std::time::SystemTime;

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

    /// Whether `certificate` leads over the intermediates, in whatever order,
    /// to one of the anchor's certificates: `Err` says what breaks the path
    /// that comes nearest.
    ///
    /// Names, signatures, validity, `CA:TRUE`, `keyCertSign` and the length of
    /// the path are checked (RFC 5280, section 6.1). Name constraints,
    /// policies and revocation are not.
    pub fn check_path(
        &self,
        certificate: &Certificate,
        intermediates: &[Certificate],
        now: SystemTime,
    ) -> Result<(), PathFlaw> {
        path::check(certificate, (intermediates, &self.certificates), now)
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
