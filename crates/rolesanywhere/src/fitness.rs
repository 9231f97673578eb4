use std::fmt;
use std::time::{Duration, SystemTime};

use crate::{AnchorFlaw, Certificate, Identity, PathFlaw, TrustAnchor, identity};

mod checks;

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
        /// Which attribute: `Subject/O`, `SAN/URI`, …
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
    /// no guess, and what is the matter with the anchor is said, too.
    pub fn of_trusted(
        certificate: &Certificate,
        intermediates: &[Certificate],
        (anchor, now): (&TrustAnchor, SystemTime),
    ) -> Vec<Self> {
        let path = anchor.check_path(certificate, intermediates, now).err();
        let anchor = anchor.flaws(now).into_iter().map(|flaw| flaw.unfitness);
        let path = path.map(Unfitness::Untrusted).into_iter().chain(anchor);
        Self::sorted(checks::end_entity(certificate, now), path.collect())
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

impl Unfitness {
    fn severity(&self) -> Severity {
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
            | Self::TrustAnchor { .. }
            | Self::TooManyAnchorCertificates { .. } => Severity::Warning,
        }
    }

    fn prevents(&self) -> &'static str {
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

impl fmt::Display for Unfitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { version } => write!(
                f,
                "it is an X.509 version {version} certificate, not version 3"
            ),
            Self::CertificateAuthority => {
                f.write_str("it is a CA certificate (CA:TRUE), not an end-entity certificate")
            }
            Self::NoDigitalSignature { key_usage: None } => {
                f.write_str("it has no key usage; digitalSignature is required")
            }
            Self::NoDigitalSignature {
                key_usage: Some(usage),
            } => {
                write!(
                    f,
                    "its key usage is {}; digitalSignature is required",
                    usage.join(", ")
                )
            }
            Self::NoBasicConstraints => f.write_str("it has no basic constraints (CA:FALSE)"),
            Self::NoClientAuth { extended_key_usage } => {
                write!(
                    f,
                    "its extended key usage is {}, without clientAuth",
                    extended_key_usage.join(", ")
                )
            }
            Self::WeakSignature { algorithm } => {
                write!(
                    f,
                    "its issuer signed it with {algorithm}; SHA-256 or stronger is required"
                )
            }
            Self::UndocumentedSignature { algorithm } => {
                write!(
                    f,
                    "its issuer signed it with {algorithm}, which Roles Anywhere does not document"
                )
            }
            Self::UnsupportedKey { algorithm } => {
                write!(
                    f,
                    "its key is {algorithm}; RSA or EC (P-256, P-384, P-521) is required"
                )
            }
            Self::ShortKey { bits } => {
                write!(f, "its RSA key has {bits} bits; 2048 or more are advised")
            }
            Self::Expired { not_after, now } => {
                write!(f, "it expired at {} (now {})", at(*not_after), at(*now))
            }
            Self::NotYetValid { not_before, now } => {
                write!(f, "it is valid from {} (now {})", at(*not_before), at(*now))
            }
            Self::ExpiresSoon { remaining } => {
                write!(f, "it expires in {} min", remaining.as_secs() / 60)
            }
            Self::NoCommonName => {
                f.write_str("it has no common name, so sessions have no source identity")
            }
            Self::UnusableSourceIdentity { common_name } => {
                write!(
                    f,
                    "its common name {common_name:?} cannot be a source identity (2 to 64 letters, digits or _+=,.@-)"
                )
            }
            Self::UnmappableAttribute { attribute, value } => {
                write!(
                    f,
                    "its {attribute} {value:?} cannot be a session tag (up to 256 letters, digits, spaces or _.:/=+-@)"
                )
            }
            Self::TooLarge { bytes } => {
                write!(f, "it takes {bytes} bytes of base64, more than 16384")
            }
            Self::BrokenPath { subject, issuer } => {
                write!(
                    f,
                    "none of the intermediates issued {subject}: {issuer} is missing"
                )
            }
            Self::IntermediateNotValid { subject } => {
                write!(f, "the intermediate {subject} is not valid at this time")
            }
            Self::IntermediateNotCa { subject } => {
                write!(
                    f,
                    "the intermediate {subject} is not a CA certificate (CA:TRUE, keyCertSign)"
                )
            }
            Self::Untrusted(flaw) => flaw.fmt(f),
            Self::TrustAnchor { subject, flaw } => write!(f, "the trust anchor {subject} {flaw}"),
            Self::TooManyAnchorCertificates { found } => {
                write!(
                    f,
                    "the trust anchor has {found} certificates, and AWS takes 2"
                )
            }
        }
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
