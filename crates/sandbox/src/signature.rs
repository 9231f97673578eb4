use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, ED25519, ML_DSA_44, ML_DSA_65, ML_DSA_87, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};
use x509_parser::der_parser::oid;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_NIST_EC_P521,
    OID_PKCS1_MD5WITHRSAENC, OID_PKCS1_RSAENCRYPTION, OID_PKCS1_SHA1WITHRSA,
    OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA,
    OID_SIG_ECDSA_WITH_SHA224, OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384,
    OID_SIG_ECDSA_WITH_SHA512, OID_SIG_ED25519, Oid,
};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// What a public key is, as far as the stand-ins tell keys apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyKind {
    Rsa { bits: usize },
    P256,
    P384,
    P521,
    Ed25519,
    MlDsa44,
    MlDsa65,
    MlDsa87,
    Other,
}

impl KeyKind {
    pub(crate) fn of(key: &SubjectPublicKeyInfo<'_>) -> Self {
        let algorithm = &key.algorithm.algorithm;
        if *algorithm == OID_PKCS1_RSAENCRYPTION {
            Self::Rsa {
                bits: rsa_bits(key),
            }
        } else if *algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY {
            curve(&key.algorithm)
        } else if *algorithm == OID_SIG_ED25519 {
            Self::Ed25519
        } else {
            let kind = ML_DSA.iter().find(|row| row.0 == *algorithm);
            kind.map_or(Self::Other, |row| row.1)
        }
    }
}

/// Why a signature was not accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Flaw {
    /// Made with a hash older than SHA-256.
    Weak,
    /// An algorithm that nobody here verifies.
    Unsupported,
    /// Verified, and wrong.
    Mismatch,
}

/// Verifies what a certificate or a signing request carries: `message` was
/// signed by `key` in the way that `algorithm` names.
pub(crate) fn verify_structure(
    key: &SubjectPublicKeyInfo<'_>,
    algorithm: &AlgorithmIdentifier<'_>,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Flaw> {
    let verification = structure_algorithm(KeyKind::of(key), &algorithm.algorithm)?;
    check(verification, key, message, signature)
}

/// Verifies the signature of a request: SHA-256 whatever the key, PKCS #1 v1.5
/// for RSA, ECDSA in ASN.1 for a curve; pure ML-DSA hashes for itself.
pub(crate) fn verify_request(
    key: &SubjectPublicKeyInfo<'_>,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Flaw> {
    let verification: &dyn VerificationAlgorithm = match KeyKind::of(key) {
        KeyKind::Rsa { .. } => &RSA_PKCS1_2048_8192_SHA256,
        KeyKind::P256 => &ECDSA_P256_SHA256_ASN1,
        KeyKind::P384 => &ECDSA_P384_SHA256_ASN1,
        KeyKind::P521 => &ECDSA_P521_SHA256_ASN1,
        KeyKind::MlDsa44 => &ML_DSA_44,
        KeyKind::MlDsa65 => &ML_DSA_65,
        KeyKind::MlDsa87 => &ML_DSA_87,
        KeyKind::Ed25519 | KeyKind::Other => return Err(Flaw::Unsupported),
    };
    check(verification, key, message, signature)
}

fn check(
    verification: &'static dyn VerificationAlgorithm,
    key: &SubjectPublicKeyInfo<'_>,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Flaw> {
    UnparsedPublicKey::new(verification, &key.subject_public_key.data)
        .verify(message, signature)
        .map_err(|_| Flaw::Mismatch)
}

/// Table of key against signature algorithm, RFC 5280 §4.1.1.2.
fn structure_algorithm(
    kind: KeyKind,
    algorithm: &Oid<'_>,
) -> Result<&'static dyn VerificationAlgorithm, Flaw> {
    let weak = [
        OID_PKCS1_MD5WITHRSAENC,
        OID_PKCS1_SHA1WITHRSA,
        OID_SIG_ECDSA_WITH_SHA224,
        ECDSA_WITH_SHA1,
    ];
    if weak.contains(algorithm) {
        return Err(Flaw::Weak);
    }
    let found: Option<&'static dyn VerificationAlgorithm> = match kind {
        KeyKind::Rsa { .. } => pick(
            algorithm,
            [
                (OID_PKCS1_SHA256WITHRSA, &RSA_PKCS1_2048_8192_SHA256),
                (OID_PKCS1_SHA384WITHRSA, &RSA_PKCS1_2048_8192_SHA384),
                (OID_PKCS1_SHA512WITHRSA, &RSA_PKCS1_2048_8192_SHA512),
            ],
        ),
        KeyKind::P256 => pick(
            algorithm,
            ecdsa([
                &ECDSA_P256_SHA256_ASN1,
                &ECDSA_P256_SHA384_ASN1,
                &ECDSA_P256_SHA512_ASN1,
            ]),
        ),
        KeyKind::P384 => pick(
            algorithm,
            ecdsa([
                &ECDSA_P384_SHA256_ASN1,
                &ECDSA_P384_SHA384_ASN1,
                &ECDSA_P384_SHA512_ASN1,
            ]),
        ),
        KeyKind::P521 => pick(
            algorithm,
            ecdsa([
                &ECDSA_P521_SHA256_ASN1,
                &ECDSA_P521_SHA384_ASN1,
                &ECDSA_P521_SHA512_ASN1,
            ]),
        ),
        KeyKind::Ed25519 => pick(algorithm, [(OID_SIG_ED25519, &ED25519)]),
        KeyKind::MlDsa44 => pick(algorithm, [(OID_ML_DSA_44, &ML_DSA_44)]),
        KeyKind::MlDsa65 => pick(algorithm, [(OID_ML_DSA_65, &ML_DSA_65)]),
        KeyKind::MlDsa87 => pick(algorithm, [(OID_ML_DSA_87, &ML_DSA_87)]),
        KeyKind::Other => None,
    };
    found.ok_or(Flaw::Unsupported)
}

/// X9.62 `ecdsa-with-SHA1`, missing in the registry of names.
const ECDSA_WITH_SHA1: Oid<'static> = oid!(1.2.840.10045.4.1);

/// FIPS 204: key and signature have the same identifier (RFC 9881).
const OID_ML_DSA_44: Oid<'static> = oid!(2.16.840.1.101.3.4.3.17);
const OID_ML_DSA_65: Oid<'static> = oid!(2.16.840.1.101.3.4.3.18);
const OID_ML_DSA_87: Oid<'static> = oid!(2.16.840.1.101.3.4.3.19);
static ML_DSA: [(Oid<'static>, KeyKind); 3] = [
    (OID_ML_DSA_44, KeyKind::MlDsa44),
    (OID_ML_DSA_65, KeyKind::MlDsa65),
    (OID_ML_DSA_87, KeyKind::MlDsa87),
];

type Row = (Oid<'static>, &'static dyn VerificationAlgorithm);

fn pick<const N: usize>(
    algorithm: &Oid<'_>,
    rows: [Row; N],
) -> Option<&'static dyn VerificationAlgorithm> {
    rows.into_iter()
        .find_map(|(oid, verification)| (oid == *algorithm).then_some(verification))
}

fn ecdsa(by_hash: [&'static dyn VerificationAlgorithm; 3]) -> [Row; 3] {
    let [sha256, sha384, sha512] = by_hash;
    [
        (OID_SIG_ECDSA_WITH_SHA256, sha256),
        (OID_SIG_ECDSA_WITH_SHA384, sha384),
        (OID_SIG_ECDSA_WITH_SHA512, sha512),
    ]
}

fn rsa_bits(key: &SubjectPublicKeyInfo<'_>) -> usize {
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => rsa.key_size(),
        _ => 0,
    }
}

fn curve(algorithm: &AlgorithmIdentifier<'_>) -> KeyKind {
    let named = algorithm
        .parameters
        .as_ref()
        .and_then(|any| any.as_oid().ok());
    [
        (OID_EC_P256, KeyKind::P256),
        (OID_NIST_EC_P384, KeyKind::P384),
        (OID_NIST_EC_P521, KeyKind::P521),
    ]
    .into_iter()
    .find_map(|(oid, kind)| (named.as_ref() == Some(&oid)).then_some(kind))
    .unwrap_or(KeyKind::Other)
}
