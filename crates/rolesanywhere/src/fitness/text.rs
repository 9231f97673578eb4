use std::fmt::{self, Display as _};

use super::{Unfitness, at};

impl fmt::Display for Unfitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { .. }
            | Self::CertificateAuthority
            | Self::NoDigitalSignature { .. }
            | Self::NoBasicConstraints
            | Self::NoClientAuth { .. }
            | Self::TooLarge { .. } => self.fmt_form(f),
            Self::WeakSignature { .. }
            | Self::UndocumentedSignature { .. }
            | Self::UnsupportedKey { .. }
            | Self::ShortKey { .. } => self.fmt_algorithm(f),
            Self::Expired { .. } | Self::NotYetValid { .. } | Self::ExpiresSoon { .. } => {
                self.fmt_validity(f)
            }
            Self::NoCommonName
            | Self::UnusableSourceIdentity { .. }
            | Self::UnmappableAttribute { .. } => self.fmt_names(f),
            Self::BrokenPath { .. }
            | Self::IntermediateNotValid { .. }
            | Self::IntermediateNotCa { .. }
            | Self::IssuerNotForClients { .. }
            | Self::ConstraintNotChecked { .. }
            | Self::Untrusted(_)
            | Self::TrustAnchor { .. }
            | Self::TooManyAnchorCertificates { .. } => self.fmt_path(f),
        }
    }
}

/// One group each: in each, the variants of the others do not occur.
impl Unfitness {
    fn fmt_form(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
                let usage = usage.join(", ");
                write!(f, "its key usage is {usage}; digitalSignature is required")
            }
            Self::NoBasicConstraints => f.write_str("it has no basic constraints (CA:FALSE)"),
            Self::NoClientAuth { extended_key_usage } => {
                let usage = extended_key_usage.join(", ");
                write!(f, "its extended key usage is {usage}, without clientAuth")
            }
            Self::TooLarge { bytes } => {
                write!(f, "it takes {bytes} bytes of base64, more than 16384")
            }
            _ => Ok(()),
        }
    }

    fn fmt_algorithm(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WeakSignature { algorithm } => write!(
                f,
                "its issuer signed it with {algorithm}; SHA-256 or stronger is required"
            ),
            Self::UndocumentedSignature { algorithm } => write!(
                f,
                "its issuer signed it with {algorithm}, which Roles Anywhere does not document"
            ),
            Self::UnsupportedKey { algorithm } => write!(
                f,
                "its key is {algorithm}; RSA or EC (P-256, P-384, P-521) is required"
            ),
            Self::ShortKey { bits } => {
                write!(f, "its RSA key has {bits} bits; 2048 or more are advised")
            }
            _ => Ok(()),
        }
    }

    fn fmt_validity(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired { not_after, now } => {
                write!(f, "it expired at {} (now {})", at(*not_after), at(*now))
            }
            Self::NotYetValid { not_before, now } => {
                write!(f, "it is valid from {} (now {})", at(*not_before), at(*now))
            }
            Self::ExpiresSoon { remaining } => {
                write!(f, "it expires in {} min", remaining.as_secs() / 60)
            }
            _ => Ok(()),
        }
    }

    fn fmt_names(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCommonName => {
                f.write_str("it has no common name, so sessions have no source identity")
            }
            Self::UnusableSourceIdentity { common_name } => write!(
                f,
                "its common name {common_name:?} cannot be a source identity (2 to 64 letters, digits or _+=,.@-)"
            ),
            Self::UnmappableAttribute { attribute, value } => write!(
                f,
                "its {attribute} {value:?} cannot be a session tag (up to 256 letters, digits, spaces or _.:/=+-@)"
            ),
            _ => Ok(()),
        }
    }

    fn fmt_path(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrokenPath { subject, issuer } => write!(
                f,
                "none of the intermediates issued {subject}: {issuer} is missing"
            ),
            Self::IntermediateNotValid { subject } => {
                write!(f, "the intermediate {subject} is not valid at this time")
            }
            Self::IntermediateNotCa { subject } => write!(
                f,
                "the intermediate {subject} is not a CA certificate (CA:TRUE, keyCertSign)"
            ),
            Self::IssuerNotForClients {
                subject,
                extended_key_usage,
            } => {
                let usage = extended_key_usage.join(", ");
                write!(
                    f,
                    "the extended key usage of the issuer {subject} is {usage}, without clientAuth"
                )
            }
            Self::ConstraintNotChecked {
                subject,
                constraint,
            } => write!(
                f,
                "the issuer {subject} restricts what is below it by {constraint}; that is not checked here"
            ),
            Self::Untrusted(flaw) => flaw.fmt(f),
            Self::TrustAnchor { subject, flaw } => write!(f, "the trust anchor {subject} {flaw}"),
            Self::TooManyAnchorCertificates { found } => write!(
                f,
                "the trust anchor has {found} certificates, and AWS takes 2"
            ),
            _ => Ok(()),
        }
    }
}
