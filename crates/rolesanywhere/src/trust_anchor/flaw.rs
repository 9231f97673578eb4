use std::fmt;
use std::time::SystemTime;

use crate::Certificate;
use crate::fitness::{at, is_weak};

/// What breaks the certification path to a trust anchor.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PathFlaw {
    /// The certificate that the path begins with is not valid at this time.
    NotValid {
        /// Its subject.
        subject: String,
        /// From when it is valid.
        not_before: SystemTime,
        /// Until when it is valid.
        not_after: SystemTime,
    },
    /// No certificate of the issuer is at hand.
    IssuerMissing {
        /// What it should have issued.
        subject: String,
        /// Its name.
        issuer: String,
    },
    /// A certificate with the issuer's name is at hand, but another key signed.
    OtherKey {
        /// What it should have issued.
        subject: String,
        /// Its name.
        issuer: String,
    },
    /// It is signed with something weaker than SHA-256.
    WeakSignature {
        /// What is signed so.
        subject: String,
        /// How.
        algorithm: String,
    },
    /// It is signed with something that neither we nor Roles Anywhere are
    /// known to verify.
    UnverifiableSignature {
        /// What is signed so.
        subject: String,
        /// How.
        algorithm: String,
    },
    /// The issuer's certificate is not valid at this time.
    IssuerNotValid {
        /// The issuer's subject.
        issuer: String,
        /// From when it is valid.
        not_before: SystemTime,
        /// Until when it is valid.
        not_after: SystemTime,
    },
    /// The issuer is no CA: no `CA:TRUE`.
    IssuerNotCa {
        /// The issuer's subject.
        issuer: String,
    },
    /// The issuer's key usage does not hold `keyCertSign`.
    IssuerMayNotSign {
        /// The issuer's subject.
        issuer: String,
    },
    /// It has a critical extension that is not known here, so that nobody can
    /// say that the path holds (RFC 5280, section 6.1.4).
    CriticalExtension {
        /// What has it.
        subject: String,
        /// The extension's object identifier.
        extension: String,
    },
    /// There are more intermediates below the issuer than it allows.
    PathTooLong {
        /// The issuer's subject.
        issuer: String,
        /// How many it allows.
        allowed: u8,
    },
    /// There are more intermediates than a request may carry.
    TooManyIntermediates {
        /// How many, roots not counted.
        found: usize,
    },
}

/// What is the matter with a certificate of a trust anchor.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AnchorFlaw {
    /// It is no CA: no `CA:TRUE`.
    NotCa,
    /// Its key usage does not hold `keyCertSign`.
    MayNotSign,
    /// It is signed with something weaker than SHA-256.
    WeakSignature {
        /// How.
        algorithm: String,
    },
    /// It is not valid at this time.
    NotValid {
        /// From when it is valid.
        not_before: SystemTime,
        /// Until when it is valid.
        not_after: SystemTime,
    },
}

impl AnchorFlaw {
    /// The first flaw of an anchor's certificate at `now`, if it has one.
    pub(super) fn of(certificate: &Certificate, now: SystemTime) -> Option<Self> {
        let algorithm = certificate.signature_algorithm();
        let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
        if certificate.is_ca() != Some(true) {
            Some(Self::NotCa)
        } else if !certificate.may_issue() {
            Some(Self::MayNotSign)
        } else if is_weak(&algorithm) {
            Some(Self::WeakSignature { algorithm })
        } else if !(not_before..=not_after).contains(&now) {
            Some(Self::NotValid {
                not_before,
                not_after,
            })
        } else {
            None
        }
    }
}

impl fmt::Display for PathFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotValid { .. }
            | Self::IssuerMissing { .. }
            | Self::OtherKey { .. }
            | Self::WeakSignature { .. }
            | Self::UnverifiableSignature { .. }
            | Self::CriticalExtension { .. } => self.fmt_subject(f),
            Self::IssuerNotValid { .. }
            | Self::IssuerNotCa { .. }
            | Self::IssuerMayNotSign { .. }
            | Self::PathTooLong { .. } => self.fmt_issuer(f),
            Self::TooManyIntermediates { found } => write!(
                f,
                "there are {found} intermediates, and a request carries at most 5"
            ),
        }
    }
}

/// One group each: in each, the variants of the others do not occur.
impl PathFlaw {
    fn fmt_subject(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotValid {
                subject,
                not_before,
                not_after,
            } => {
                let (from, to) = (at(*not_before), at(*not_after));
                write!(f, "{subject} is valid from {from} to {to} only")
            }
            Self::IssuerMissing { subject, issuer } => write!(
                f,
                "{subject} does not lead to the trust anchor: its issuer {issuer} is neither among the intermediates nor in the anchor"
            ),
            Self::OtherKey { subject, issuer } => write!(
                f,
                "{subject} does not lead to the trust anchor: there is a certificate of {issuer}, but it was signed with another key of that name"
            ),
            Self::WeakSignature { subject, algorithm } => write!(
                f,
                "{subject} is signed with {algorithm}; SHA-256 or stronger is required"
            ),
            Self::UnverifiableSignature { subject, algorithm } => write!(
                f,
                "{subject} is signed with {algorithm}, which is not verified here and which Roles Anywhere does not document"
            ),
            Self::CriticalExtension { subject, extension } => write!(
                f,
                "{subject} has the critical extension {extension}, which is not known here: who does not know it must refuse the path"
            ),
            _ => Ok(()),
        }
    }

    fn fmt_issuer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IssuerNotValid {
                issuer,
                not_before,
                not_after,
            } => {
                let (from, to) = (at(*not_before), at(*not_after));
                write!(f, "the issuer {issuer} is valid from {from} to {to} only")
            }
            Self::IssuerNotCa { issuer } => {
                write!(f, "the issuer {issuer} is no CA (CA:TRUE is missing)")
            }
            Self::IssuerMayNotSign { issuer } => {
                write!(f, "the key usage of the issuer {issuer} has no keyCertSign")
            }
            Self::PathTooLong { issuer, allowed } => write!(
                f,
                "{issuer} allows {allowed} intermediates below it (path length), and there are more"
            ),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for AnchorFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCa => f.write_str("is no CA (CA:TRUE is missing)"),
            Self::MayNotSign => f.write_str("has no keyCertSign in its key usage"),
            Self::WeakSignature { algorithm } => {
                write!(f, "is signed with {algorithm}, weaker than SHA-256")
            }
            Self::NotValid {
                not_before,
                not_after,
            } => write!(
                f,
                "is valid from {} to {} only",
                at(*not_before),
                at(*not_after)
            ),
        }
    }
}
