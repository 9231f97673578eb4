use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::X509Version;

use super::Refusal;
use crate::signature::KeyKind;

/// "The maximum size of a client certificate is 16 KB."
const LONGEST: usize = 16 * 1024;

/// The DER in `X-Amz-X509`.
pub(super) fn decode(header: &str) -> Result<Vec<u8>, Refusal> {
    if header.len() > LONGEST {
        return Err(Refusal::CertificateTooLarge);
    }
    STANDARD
        .decode(header)
        .map_err(|_| Refusal::CertificateMalformed)
}

/// One certificate and nothing after it.
pub(super) fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    let (rest, certificate) = X509Certificate::from_der(der).ok()?;
    rest.is_empty().then_some(certificate)
}

/// The demands on an end-entity certificate that need nothing but itself
/// (Roles Anywhere user guide, "Signature validation").
pub(super) fn check_fitness(certificate: &X509Certificate<'_>, now: i64) -> Result<(), Refusal> {
    if certificate.version() != X509Version::V3 {
        return Err(Refusal::CertificateVersion);
    }
    if now > certificate.validity().not_after.timestamp() {
        return Err(Refusal::CertificateExpired);
    }
    if now < certificate.validity().not_before.timestamp() {
        return Err(Refusal::CertificateNotYetValid);
    }
    if certificate.is_ca() {
        return Err(Refusal::CertificateIsAuthority);
    }
    let usage = certificate
        .key_usage()
        .map_err(|_| Refusal::CertificateMalformed)?;
    if !usage.is_some_and(|usage| usage.value.digital_signature()) {
        return Err(Refusal::CertificateKeyUsage);
    }
    Ok(())
}

/// Refuses keys that cannot sign for Roles Anywhere.
pub(super) fn check_key(certificate: &X509Certificate<'_>) -> Result<KeyKind, Refusal> {
    match KeyKind::of(certificate.public_key()) {
        KeyKind::Rsa { bits: ..2048 } | KeyKind::Ed25519 | KeyKind::Other => {
            Err(Refusal::CertificateKeyUnsupported)
        }
        kind => Ok(kind),
    }
}

/// The serial number as bytes, without leading zeros but never empty.
pub(super) fn serial<'a>(certificate: &'a X509Certificate<'_>) -> &'a [u8] {
    let bytes = certificate.raw_serial();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros.min(bytes.len().saturating_sub(1))..]
}

/// The serial number as the credential has it.
pub(super) fn decimal_serial(certificate: &X509Certificate<'_>) -> String {
    // Least significant digit first; each byte multiplies by 256.
    let mut digits = vec![0_u32];
    for byte in serial(certificate) {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += *digit * 256;
            *digit = carry % 10;
            carry /= 10;
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
    }
    digits.iter().rev().map(u32::to_string).collect()
}

/// The first common name of the subject, where there is one.
pub(super) fn common_name(certificate: &X509Certificate<'_>) -> Option<String> {
    let attribute = certificate.subject().iter_common_name().next()?;
    let name = attribute.as_str().ok()?;
    (!name.is_empty()).then(|| name.to_owned())
}
