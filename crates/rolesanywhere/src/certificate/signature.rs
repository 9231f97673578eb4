use aws_lc_rs::signature::{self as algorithms, UnparsedPublicKey, VerificationAlgorithm};
use der::asn1::{ObjectIdentifier, UintRef};
use der::{Decode as _, Encode as _, Reader as _, SliceReader};
use spki::SubjectPublicKeyInfoOwned;

use super::{Certificate, KeyAlgorithm};

const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const ED25519: &str = "1.3.101.112";
// RFC 9881, section 2.
const ML_DSA_44: &str = "2.16.840.1.101.3.4.3.17";
const ML_DSA_65: &str = "2.16.840.1.101.3.4.3.18";
const ML_DSA_87: &str = "2.16.840.1.101.3.4.3.19";

/// Signature algorithms by object identifier: RFC 4055, 5758, 8410, 9881.
const NAMES: [(&str, &str); 15] = [
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.10", "rsassaPss"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    (ED25519, "Ed25519"),
    (ML_DSA_44, "ML-DSA-44"),
    (ML_DSA_65, "ML-DSA-65"),
    (ML_DSA_87, "ML-DSA-87"),
];

pub(super) fn name(oid: ObjectIdentifier) -> String {
    let dotted = oid.to_string();
    NAMES
        .iter()
        .find(|(known, _)| *known == dotted)
        .map_or(dotted, |(_, name)| (*name).to_owned())
}

pub(super) fn key_algorithm(key: &SubjectPublicKeyInfoOwned) -> KeyAlgorithm {
    let oid = key.algorithm.oid.to_string();
    match oid.as_str() {
        RSA_ENCRYPTION => KeyAlgorithm::Rsa {
            bits: modulus_bits(key.subject_public_key.raw_bytes()),
        },
        EC_PUBLIC_KEY => curve(key).unwrap_or(KeyAlgorithm::Other(oid)),
        ED25519 => KeyAlgorithm::Ed25519,
        ML_DSA_44 => KeyAlgorithm::MlDsa44,
        ML_DSA_65 => KeyAlgorithm::MlDsa65,
        ML_DSA_87 => KeyAlgorithm::MlDsa87,
        _ => KeyAlgorithm::Other(oid),
    }
}

fn curve(key: &SubjectPublicKeyInfoOwned) -> Option<KeyAlgorithm> {
    let parameters = key.algorithm.parameters.as_ref()?;
    let curve: ObjectIdentifier = parameters.decode_as().ok()?;
    Some(match curve.to_string().as_str() {
        "1.2.840.10045.3.1.7" => KeyAlgorithm::EcP256,
        "1.3.132.0.34" => KeyAlgorithm::EcP384,
        "1.3.132.0.35" => KeyAlgorithm::EcP521,
        other => KeyAlgorithm::Other(other.to_owned()),
    })
}

/// RFC 8017, appendix A.1.1; a key that is none has no bits.
fn modulus_bits(key: &[u8]) -> usize {
    let modulus = SliceReader::new(key).and_then(|mut reader| {
        reader.sequence(|reader| {
            let modulus = UintRef::decode(reader)?.as_bytes();
            UintRef::decode(reader)?;
            Ok::<_, der::Error>(modulus)
        })
    });
    let modulus = modulus.unwrap_or_default();
    let unused = modulus
        .first()
        .map_or(0, |first| first.leading_zeros() as usize);
    modulus.len() * 8 - unused
}

/// Whether the key of `issuer` made the signature of `certificate`; `None`
/// where the algorithm is none that we verify.
pub(super) fn verifies(certificate: &x509_cert::Certificate, issuer: &Certificate) -> Option<bool> {
    let signature = name(certificate.signature_algorithm().oid);
    if is_of_another_kind(&signature, &issuer.key_algorithm()) {
        return Some(false);
    }
    let algorithm = algorithm(certificate, issuer)?;
    let message = certificate.tbs_certificate().to_der().ok()?;
    let verified = UnparsedPublicKey::new(algorithm, issuer.public_key())
        .verify(&message, certificate.signature().raw_bytes());
    Some(verified.is_ok())
}

/// Whether no key of this kind can have made the signature.
fn is_of_another_kind(signature: &str, key: &KeyAlgorithm) -> bool {
    let is_rsa = signature.ends_with("WithRSAEncryption") || signature == "rsassaPss";
    let is_ecdsa = signature.starts_with("ecdsa-");
    let is_known = NAMES.iter().any(|(_, name)| *name == signature);
    match key {
        KeyAlgorithm::Rsa { .. } => is_known && !is_rsa,
        KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384 | KeyAlgorithm::EcP521 => is_known && !is_ecdsa,
        KeyAlgorithm::Ed25519 => is_known && signature != "Ed25519",
        KeyAlgorithm::MlDsa44 => is_known && signature != "ML-DSA-44",
        KeyAlgorithm::MlDsa65 => is_known && signature != "ML-DSA-65",
        KeyAlgorithm::MlDsa87 => is_known && signature != "ML-DSA-87",
        KeyAlgorithm::Other(_) => false,
    }
}

fn algorithm(
    certificate: &x509_cert::Certificate,
    issuer: &Certificate,
) -> Option<&'static dyn VerificationAlgorithm> {
    let signature = name(certificate.signature_algorithm().oid);
    Some(match (signature.as_str(), issuer.key_algorithm()) {
        ("sha256WithRSAEncryption", KeyAlgorithm::Rsa { .. }) => {
            &algorithms::RSA_PKCS1_2048_8192_SHA256
        }
        ("sha384WithRSAEncryption", KeyAlgorithm::Rsa { .. }) => {
            &algorithms::RSA_PKCS1_2048_8192_SHA384
        }
        ("sha512WithRSAEncryption", KeyAlgorithm::Rsa { .. }) => {
            &algorithms::RSA_PKCS1_2048_8192_SHA512
        }
        ("ecdsa-with-SHA256", KeyAlgorithm::EcP256) => &algorithms::ECDSA_P256_SHA256_ASN1,
        ("ecdsa-with-SHA256", KeyAlgorithm::EcP384) => &algorithms::ECDSA_P384_SHA256_ASN1,
        ("ecdsa-with-SHA256", KeyAlgorithm::EcP521) => &algorithms::ECDSA_P521_SHA256_ASN1,
        ("ecdsa-with-SHA384", KeyAlgorithm::EcP256) => &algorithms::ECDSA_P256_SHA384_ASN1,
        ("ecdsa-with-SHA384", KeyAlgorithm::EcP384) => &algorithms::ECDSA_P384_SHA384_ASN1,
        ("ecdsa-with-SHA384", KeyAlgorithm::EcP521) => &algorithms::ECDSA_P521_SHA384_ASN1,
        ("ecdsa-with-SHA512", KeyAlgorithm::EcP256) => &algorithms::ECDSA_P256_SHA512_ASN1,
        ("ecdsa-with-SHA512", KeyAlgorithm::EcP384) => &algorithms::ECDSA_P384_SHA512_ASN1,
        ("ecdsa-with-SHA512", KeyAlgorithm::EcP521) => &algorithms::ECDSA_P521_SHA512_ASN1,
        ("Ed25519", KeyAlgorithm::Ed25519) => &algorithms::ED25519,
        ("ML-DSA-44", KeyAlgorithm::MlDsa44) => &algorithms::ML_DSA_44,
        ("ML-DSA-65", KeyAlgorithm::MlDsa65) => &algorithms::ML_DSA_65,
        ("ML-DSA-87", KeyAlgorithm::MlDsa87) => &algorithms::ML_DSA_87,
        _ => return None,
    })
}
