use std::time::{Duration, SystemTime};

use super::{Unfitness, is_weak};
use crate::{Certificate, KeyAlgorithm};

/// AWS Prescriptive Guidance: the largest client certificate.
const MAX_CERTIFICATE_BYTES: usize = 16 * 1024;

/// A session lasts at least this long; with less left, renewal is late.
const SOON: Duration = Duration::from_mins(15);

/// Checks of the end-entity certificate alone.
pub(super) fn end_entity(certificate: &Certificate, now: SystemTime) -> Vec<Unfitness> {
    let mut found = Vec::new();
    found.extend(validity(certificate, now));
    found.extend(extensions(certificate));
    found.extend(signature(certificate));
    found.extend(key(certificate));
    found.extend(names(certificate));
    let bytes = certificate.der().len().div_ceil(3) * 4;
    if bytes > MAX_CERTIFICATE_BYTES {
        found.push(Unfitness::TooLarge { bytes });
    }
    found
}

/// Checks of the path above it, of which the first `linked` have issued the one
/// before. Without intermediates the trust anchor itself must be the issuer,
/// which is not known here.
pub(super) fn path(
    certificate: &Certificate,
    (intermediates, linked): (&[Certificate], usize),
    now: SystemTime,
) -> Vec<Unfitness> {
    let mut found = Vec::new();
    let mut below = certificate;
    for (index, intermediate) in intermediates.iter().enumerate() {
        let subject = intermediate.subject();
        if index >= linked {
            found.push(Unfitness::BrokenPath {
                subject: below.subject(),
                issuer: below.issuer(),
            });
            break;
        }
        if now < intermediate.not_before() || now > intermediate.not_after() {
            found.push(Unfitness::IntermediateNotValid {
                subject: subject.clone(),
            });
        }
        if intermediate.is_ca() != Some(true) || !intermediate.may_issue() {
            found.push(Unfitness::IntermediateNotCa { subject });
        }
        found.extend(not_for_clients(intermediate));
        below = intermediate;
    }
    found
}

/// What the issuers of a path that holds demand of it beyond what is checked.
pub(crate) fn restrictions(issuers: &[Certificate]) -> Vec<Unfitness> {
    let mut found = Vec::new();
    for issuer in issuers {
        found.extend(not_for_clients(issuer));
        let constraints = issuer.unchecked_constraints().into_iter();
        found.extend(
            constraints.map(|constraint| Unfitness::ConstraintNotChecked {
                subject: issuer.subject(),
                constraint,
            }),
        );
    }
    found
}

fn not_for_clients(issuer: &Certificate) -> Option<Unfitness> {
    Some(Unfitness::IssuerNotForClients {
        extended_key_usage: usage_without_clients(issuer)?,
        subject: issuer.subject(),
    })
}

/// The extended key usage, where it has no room for clients.
fn usage_without_clients(certificate: &Certificate) -> Option<Vec<String>> {
    let client = ["clientAuth", "anyExtendedKeyUsage"];
    let usages = certificate.extended_key_usage()?;
    let has_clients = usages.iter().any(|usage| client.contains(&usage.as_str()));
    (!has_clients).then_some(usages)
}

fn validity(certificate: &Certificate, now: SystemTime) -> Option<Unfitness> {
    let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
    if now < not_before {
        return Some(Unfitness::NotYetValid { not_before, now });
    }
    match not_after.duration_since(now) {
        Err(_) => Some(Unfitness::Expired { not_after, now }),
        Ok(remaining) if remaining < SOON => Some(Unfitness::ExpiresSoon { remaining }),
        Ok(_) => None,
    }
}

fn extensions(certificate: &Certificate) -> Vec<Unfitness> {
    let mut found = Vec::new();
    let version = certificate.version();
    if version != 3 {
        found.push(Unfitness::Version { version });
    }
    match certificate.is_ca() {
        Some(true) => found.push(Unfitness::CertificateAuthority),
        Some(false) => {}
        None => found.push(Unfitness::NoBasicConstraints),
    }
    if !certificate.may_sign() {
        found.push(Unfitness::NoDigitalSignature {
            key_usage: certificate.key_usage(),
        });
    }
    if let Some(extended_key_usage) = usage_without_clients(certificate) {
        found.push(Unfitness::NoClientAuth { extended_key_usage });
    }
    found
}

fn signature(certificate: &Certificate) -> Option<Unfitness> {
    let algorithm = certificate.signature_algorithm();
    match algorithm.as_str() {
        weak if is_weak(weak) => Some(Unfitness::WeakSignature { algorithm }),
        "sha256WithRSAEncryption"
        | "sha384WithRSAEncryption"
        | "sha512WithRSAEncryption"
        | "ecdsa-with-SHA256"
        | "ecdsa-with-SHA384"
        | "ecdsa-with-SHA512"
        | "ML-DSA-44"
        | "ML-DSA-65"
        | "ML-DSA-87" => None,
        _ => Some(Unfitness::UndocumentedSignature { algorithm }),
    }
}

fn key(certificate: &Certificate) -> Option<Unfitness> {
    match certificate.key_algorithm() {
        KeyAlgorithm::Rsa { bits } if bits < 2048 => Some(Unfitness::ShortKey { bits }),
        KeyAlgorithm::Rsa { .. }
        | KeyAlgorithm::EcP256
        | KeyAlgorithm::EcP384
        | KeyAlgorithm::EcP521
        | KeyAlgorithm::MlDsa44
        | KeyAlgorithm::MlDsa65
        | KeyAlgorithm::MlDsa87 => None,
        KeyAlgorithm::Ed25519 => Some(Unfitness::UnsupportedKey {
            algorithm: "Ed25519".to_owned(),
        }),
        KeyAlgorithm::Other(algorithm) => Some(Unfitness::UnsupportedKey { algorithm }),
    }
}

/// What becomes the source identity and the session tags.
fn names(certificate: &Certificate) -> Vec<Unfitness> {
    let mut found = Vec::new();
    match certificate.common_name() {
        None => found.push(Unfitness::NoCommonName),
        Some(common_name) if !is_source_identity(&format!("CN={common_name}")) => {
            found.push(Unfitness::UnusableSourceIdentity { common_name });
        }
        Some(_) => {}
    }
    let tags = tags(certificate).into_iter();
    let unmappable = tags.filter(|(_, value)| !is_tag_value(value));
    found.extend(
        unmappable.map(|(attribute, value)| Unfitness::UnmappableAttribute { attribute, value }),
    );
    found
}

/// What is mapped where the profile does not say otherwise: the names of subject,
/// issuer and alternatives, and their values.
fn tags(certificate: &Certificate) -> Vec<(String, String)> {
    let subject = certificate.subject_attributes().into_iter();
    let subject = subject.map(|(name, value)| (format!("Subject/{name}"), value));
    let issuer = certificate.issuer_attributes().into_iter();
    let issuer = issuer.map(|(name, value)| (format!("Issuer/{name}"), value));
    let alternative = certificate.subject_alt_names().iter();
    let alternative = alternative.filter_map(|name| name.tag());
    let alternative = alternative.map(|(name, value)| (name.to_owned(), value.to_owned()));
    subject.chain(issuer).chain(alternative).collect()
}

/// STS: `[\w+=,.@-]*`, 2 to 64 characters.
fn is_source_identity(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    (2..=64).contains(&text.chars().count()) && text.chars().all(allowed)
}

/// STS: `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`, up to 256 characters.
fn is_tag_value(text: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    text.chars().count() <= 256 && text.chars().all(allowed)
}
