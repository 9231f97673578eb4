use aws_lc_rs::signature::{self as algorithms, UnparsedPublicKey, VerificationAlgorithm};
use der::Encode as _;
use der::asn1::ObjectIdentifier;
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::Certificate;

/// What is known of a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// It was made with the key.
    Right,
    /// It was not.
    Wrong,
    /// Its algorithm is none that can be checked here, SHA-1 for example.
    Unknown,
}

/// Whether the key of `issuer` made the signature of `certificate`.
pub(super) fn verify(certificate: &Certificate, issuer: &Certificate) -> Verdict {
    let key = issuer.tbs_certificate().subject_public_key_info();
    let candidates = candidates(certificate.signature_algorithm().oid, key);
    if candidates.is_empty() {
        return Verdict::Unknown;
    }
    let Ok(message) = certificate.tbs_certificate().to_der() else {
        return Verdict::Unknown;
    };
    let verified = candidates.into_iter().any(|algorithm| {
        UnparsedPublicKey::new(algorithm, key.subject_public_key.raw_bytes())
            .verify(&message, certificate.signature().raw_bytes())
            .is_ok()
    });
    if verified {
        Verdict::Right
    } else {
        Verdict::Wrong
    }
}

/// The algorithms that the two identifiers can mean. RSASSA-PSS has its hash
/// in its parameters; trying the three that are in use is as good.
fn candidates(
    signature: ObjectIdentifier,
    key: &SubjectPublicKeyInfoOwned,
) -> Vec<&'static dyn VerificationAlgorithm> {
    let curve = key.algorithm.parameters.as_ref();
    let curve = curve.and_then(|parameters| parameters.decode_as::<ObjectIdentifier>().ok());
    let curve = curve.map(|oid| oid.to_string()).unwrap_or_default();
    match (signature.to_string().as_str(), curve.as_str()) {
        (PSS, _) => vec![
            &algorithms::RSA_PSS_2048_8192_SHA256,
            &algorithms::RSA_PSS_2048_8192_SHA384,
            &algorithms::RSA_PSS_2048_8192_SHA512,
        ],
        ("1.2.840.113549.1.1.11", _) => vec![&algorithms::RSA_PKCS1_2048_8192_SHA256],
        ("1.2.840.113549.1.1.12", _) => vec![&algorithms::RSA_PKCS1_2048_8192_SHA384],
        ("1.2.840.113549.1.1.13", _) => vec![&algorithms::RSA_PKCS1_2048_8192_SHA512],
        (ECDSA_SHA256, P256) => vec![&algorithms::ECDSA_P256_SHA256_ASN1],
        (ECDSA_SHA256, P384) => vec![&algorithms::ECDSA_P384_SHA256_ASN1],
        (ECDSA_SHA256, P521) => vec![&algorithms::ECDSA_P521_SHA256_ASN1],
        (ECDSA_SHA384, P256) => vec![&algorithms::ECDSA_P256_SHA384_ASN1],
        (ECDSA_SHA384, P384) => vec![&algorithms::ECDSA_P384_SHA384_ASN1],
        (ECDSA_SHA384, P521) => vec![&algorithms::ECDSA_P521_SHA384_ASN1],
        ("1.2.840.10045.4.3.4", P521) => vec![&algorithms::ECDSA_P521_SHA512_ASN1],
        ("1.3.101.112", _) => vec![&algorithms::ED25519],
        _ => Vec::new(),
    }
}

/// RFC 8017, appendix A.2.3.
const PSS: &str = "1.2.840.113549.1.1.10";
/// RFC 5758, section 3.2.
const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
const ECDSA_SHA384: &str = "1.2.840.10045.4.3.3";
/// RFC 5480, section 2.1.1.1.
const P256: &str = "1.2.840.10045.3.1.7";
const P384: &str = "1.3.132.0.34";
const P521: &str = "1.3.132.0.35";
