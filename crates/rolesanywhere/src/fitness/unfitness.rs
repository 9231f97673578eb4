use std::time::{Duration, SystemTime};

use super::Severity;
use crate::{AnchorFlaw, PathFlaw};

/// What is the matter with a certificate.
///
/// [Roles Anywhere User Guide: trust model](https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html)
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Unfitness {
    /// It is no X.509 v3 certificate.
    Version {
        /// Its version.
        version: u8,
    },
    /// It may issue certificates, so it is no end-entity certificate.
    CertificateAuthority,
    /// Its key usage does not hold `digitalSignature`.
    NoDigitalSignature {
        /// Its key usage; `None` where it has no such extension.
        key_usage: Option<Vec<String>>,
    },
    /// It has no basic constraints; an older wording of the guide wants
    /// `CA:FALSE`.
    NoBasicConstraints,
    /// Its extended key usage does not hold `clientAuth`.
    NoClientAuth {
        /// Its extended key usage.
        extended_key_usage: Vec<String>,
    },
    /// Its issuer signed it with something weaker than SHA-256.
    WeakSignature {
        /// The algorithm.
        algorithm: String,
    },
    /// Its issuer signed it with an algorithm that the guide does not name.
    UndocumentedSignature {
        /// The algorithm.
        algorithm: String,
    },
    /// Its key cannot sign a request: neither RSA nor EC.
    UnsupportedKey {
        /// The key's algorithm.
        algorithm: String,
    },
    /// Its RSA key is shorter than 2048 bits.
    ShortKey {
        /// The length in bits.
        bits: usize,
    },
    /// It has expired.
    Expired {
        /// When.
        not_after: SystemTime,
        /// The time that it was checked at.
        now: SystemTime,
    },
    /// It is not valid yet.
    NotYetValid {
        /// When it will be.
        not_before: SystemTime,
        /// The time that it was checked at.
        now: SystemTime,
    },
    /// It ends soon.
    ExpiresSoon {
        /// What is left.
        remaining: Duration,
    },
    /// Its subject has no common name: sessions have no source identity.
    NoCommonName,
    /// Its common name has characters that a source identity cannot have, or is
    /// too long for one.
    UnusableSourceIdentity {
        /// The common name.
        common_name: String,
    },
    /// A value in it cannot become a session tag.
    UnmappableAttribute {
        /// Which attribute: `Subject/O`, `Issuer/CN`, `SAN/URI`, …
        attribute: String,
        /// Its value.
        value: String,
    },
    /// It is longer than a certificate may be.
    TooLarge {
        /// The length of its base64 in bytes.
        bytes: usize,
    },
    /// None of the intermediates has issued a certificate of the path.
    BrokenPath {
        /// The certificate's subject.
        subject: String,
        /// The issuer that is missing.
        issuer: String,
    },
    /// An intermediate is not valid at this time.
    IntermediateNotValid {
        /// The intermediate's subject.
        subject: String,
    },
    /// An intermediate may not issue certificates.
    IntermediateNotCa {
        /// The intermediate's subject.
        subject: String,
    },
    /// The extended key usage of an issuer does not hold `clientAuth`. RFC 5280
    /// gives it no meaning there; most verifiers take it for a restriction of
    /// what is below, and AWS does not say.
    IssuerNotForClients {
        /// The issuer's subject.
        subject: String,
        /// Its extended key usage.
        extended_key_usage: Vec<String>,
    },
    /// An issuer restricts the certificates below it in a way that is not
    /// checked here: the path may hold or not.
    ConstraintNotChecked {
        /// The issuer's subject.
        subject: String,
        /// What it restricts them by: `name constraints`, say.
        constraint: &'static str,
    },
    /// It does not lead to the trust anchor.
    Untrusted(PathFlaw),
    /// A certificate of the trust anchor is none that AWS takes, or will not be
    /// one for long.
    TrustAnchor {
        /// The anchor's subject.
        subject: String,
        /// What is the matter with it.
        flaw: AnchorFlaw,
    },
    /// The trust anchor has more certificates than AWS takes.
    TooManyAnchorCertificates {
        /// How many.
        found: usize,
    },
}

impl Unfitness {
    pub(super) fn severity(&self) -> Severity {
        match self {
            Self::Version { .. }
            | Self::CertificateAuthority
            | Self::NoDigitalSignature { .. }
            | Self::WeakSignature { .. }
            | Self::UnsupportedKey { .. }
            | Self::Expired { .. }
            | Self::NotYetValid { .. }
            | Self::TooLarge { .. }
            | Self::Untrusted(_) => Severity::Error,
            Self::NoBasicConstraints
            | Self::NoClientAuth { .. }
            | Self::UndocumentedSignature { .. }
            | Self::ShortKey { .. }
            | Self::ExpiresSoon { .. }
            | Self::NoCommonName
            | Self::UnusableSourceIdentity { .. }
            | Self::UnmappableAttribute { .. }
            | Self::BrokenPath { .. }
            | Self::IntermediateNotValid { .. }
            | Self::IntermediateNotCa { .. }
            | Self::IssuerNotForClients { .. }
            | Self::ConstraintNotChecked { .. }
            | Self::TrustAnchor { .. }
            | Self::TooManyAnchorCertificates { .. } => Severity::Warning,
        }
    }

    pub(super) fn prevents(&self) -> &'static str {
        match self {
            Self::Expired { .. } | Self::NotYetValid { .. } | Self::ExpiresSoon { .. } => {
                "AccessDeniedException: Untrusted certificate. The certificate is not valid at this time"
            }
            Self::UnsupportedKey { .. } => "no signing algorithm: the request cannot be signed",
            Self::Untrusted(PathFlaw::WeakSignature { .. }) => {
                "AccessDeniedException: Untrusted certificate. Insufficient certificate"
            }
            Self::TrustAnchor {
                flaw: AnchorFlaw::NotCa | AnchorFlaw::MayNotSign,
                ..
            } => {
                "ValidationException from CreateTrustAnchor: Incorrect basic constraints for CA certificate"
            }
            Self::TooManyAnchorCertificates { .. } => {
                "ValidationException from CreateTrustAnchor: at most two certificates, a quota that cannot be raised"
            }
            Self::TooLarge { .. } => "ValidationException, or HTTP 431 on the way",
            Self::BrokenPath { .. }
            | Self::IntermediateNotValid { .. }
            | Self::IntermediateNotCa { .. }
            | Self::IssuerNotForClients { .. }
            | Self::ConstraintNotChecked { .. }
            | Self::Untrusted(_)
            | Self::TrustAnchor { .. } => "AccessDeniedException: Untrusted signing certificate",
            Self::UnusableSourceIdentity { .. } | Self::UnmappableAttribute { .. } => {
                "AccessDeniedException: Some attributes failed to be mapped into session tags"
            }
            Self::NoCommonName => "AccessDenied for roles whose trust policy tests the common name",
            _ => "AccessDeniedException: Untrusted certificate. Insufficient certificate",
        }
    }
}
