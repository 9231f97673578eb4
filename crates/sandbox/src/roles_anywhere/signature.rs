use std::time::{Duration, SystemTime};

use x509_parser::certificate::X509Certificate;

use super::certificate::{check_key, decimal_serial};
use super::{Refusal, RolesAnywhereState};
use crate::RequestParts;
use crate::signature::{KeyKind, verify_request};
use crate::sigv4::{Authorization, Scope, Skew, canonical_request, check_clock, string_to_sign};
use crate::timestamp::parse_amz_date;

/// "Create a string to sign".
const ALGORITHMS: [&str; 3] = [
    "AWS4-X509-RSA-SHA256",
    "AWS4-X509-ECDSA-SHA256",
    "AWS4-X509-MLDSA",
];

/// How far the client's clock may be off.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// The date that was signed, checked against the clock.
pub(super) fn check_date(request: &RequestParts, now: SystemTime) -> Result<&str, Refusal> {
    let text = single(request, "x-amz-date")?;
    let signed = parse_amz_date(text).ok_or(Refusal::DateMalformed)?;
    check_clock(signed, now, TOLERANCE).map_err(|skew| {
        let message = skew.to_string();
        match skew {
            Skew::Expired(_) => Refusal::SignatureExpired { message },
            Skew::NotYetCurrent(_) => Refusal::SignatureNotYetCurrent { message },
        }
    })?;
    Ok(text)
}

/// The value of a header that must come once.
pub(super) fn single<'a>(
    request: &'a RequestParts,
    name: &'static str,
) -> Result<&'a str, Refusal> {
    request.header(name).ok_or(Refusal::HeaderMissing { name })
}

/// The credential scope is today's, here, for Roles Anywhere.
pub(super) fn check_scope(
    scope: &Scope<'_>,
    amz_date: &str,
    state: &RolesAnywhereState,
) -> Result<(), Refusal> {
    if amz_date.get(..8) != Some(scope.date) {
        return Err(Refusal::ScopeDate);
    }
    if scope.region != state.region {
        return Err(Refusal::ScopeRegion);
    }
    if scope.service != "rolesanywhere" {
        return Err(Refusal::ScopeService);
    }
    if scope.terminator != "aws4_request" {
        return Err(Refusal::ScopeTerminator);
    }
    Ok(())
}

/// Everything that a man in the middle could change is signed.
pub(super) fn check_signed_headers(
    authorization: &Authorization<'_>,
    request: &RequestParts,
) -> Result<(), Refusal> {
    if !authorization.signed_headers_are_sorted() {
        return Err(Refusal::SignedHeadersUnsorted);
    }
    for name in ["host", "x-amz-date", "x-amz-x509"] {
        if !authorization.signs(name) {
            return Err(Refusal::HeaderUnsigned { name });
        }
    }
    for name in ["content-type", "x-amz-x509-chain"] {
        if request.headers.contains_key(name) && !authorization.signs(name) {
            return Err(Refusal::HeaderUnsigned { name });
        }
    }
    Ok(())
}

/// The algorithm is the one for the certificate's key.
pub(super) fn check_algorithm(
    algorithm: &str,
    certificate: &X509Certificate<'_>,
) -> Result<(), Refusal> {
    let [rsa, ecdsa, ml_dsa] = ALGORITHMS;
    if !ALGORITHMS.contains(&algorithm) {
        return Err(Refusal::UnsupportedAlgorithm {
            algorithm: algorithm.to_owned(),
        });
    }
    let expected = match check_key(certificate)? {
        KeyKind::Rsa { .. } => rsa,
        KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 => ml_dsa,
        _ => ecdsa,
    };
    if algorithm == expected {
        Ok(())
    } else {
        Err(Refusal::AlgorithmMismatch {
            algorithm: algorithm.to_owned(),
        })
    }
}

/// The serial number and the signature are those of the certificate.
pub(super) fn check_signature(
    authorization: &Authorization<'_>,
    request: &RequestParts,
    certificate: &X509Certificate<'_>,
) -> Result<(), Refusal> {
    if authorization.identity != decimal_serial(certificate) {
        return Err(Refusal::SerialMismatch);
    }
    let canonical = canonical_request(request, &authorization.signed_headers).map_err(|name| {
        Refusal::SignedHeaderMissing {
            name: name.to_owned(),
        }
    })?;
    let amz_date = single(request, "x-amz-date")?;
    let message = string_to_sign(
        authorization.algorithm,
        amz_date,
        &authorization.scope,
        &canonical,
    );
    let signature = lower_hex(authorization.signature).ok_or(Refusal::SignatureMalformed)?;
    verify_request(certificate.public_key(), message.as_bytes(), &signature)
        .map_err(|_| Refusal::SignatureMismatch)
}

fn lower_hex(text: &str) -> Option<Vec<u8>> {
    let upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
    hex::decode(text).ok().filter(|_| !upper)
}
