//! Password-based encryption (PBES2, RFC 8018), as OpenSSL writes it, guarded
//! against files that were made to do harm.

use der::asn1::{ObjectIdentifier, OctetStringRef};
use der::{Decode as _, Encode as _, Tagged as _};
use pkcs5::EncryptionScheme;
use pkcs5::pbes2::{self, Kdf, Parameters, Pbkdf2Prf};
use spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

/// Why something encrypted stays closed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Closed {
    /// How it is encrypted is unknown to us.
    Unsupported(String),
    /// To try a passphrase would take more than we give.
    TooCostly(String),
    /// It was cut off, or is no ciphertext at all.
    Damaged,
    /// Another passphrase opens it.
    WrongPassphrase(String),
}

/// Decrypts what `algorithm` has encrypted; the plain text is one DER sequence.
///
/// The padding alone tells a wrong passphrase from a right one in 255 of 256
/// cases; the form of the plain text does in the others.
pub(crate) fn decrypt(
    algorithm: &AlgorithmIdentifierOwned,
    passphrase: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Closed> {
    let parameters = parameters(algorithm)?;
    let scheme = name(&parameters);
    bounded(&parameters.kdf).map_err(|()| Closed::TooCostly(scheme.clone()))?;
    let block = match parameters.encryption {
        pbes2::EncryptionScheme::DesEde3Cbc { .. } => 8,
        _ => 16,
    };
    if ciphertext.is_empty() || !ciphertext.len().is_multiple_of(block) {
        return Err(Closed::Damaged);
    }
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let opened = parameters.decrypt_in_place(passphrase, &mut buffer);
    let length = match opened {
        Ok(plain) if is_sequence(plain) => plain.len(),
        Ok(_) | Err(pkcs5::Error::DecryptFailed) => return Err(Closed::WrongPassphrase(scheme)),
        Err(_) => return Err(Closed::Unsupported(scheme)),
    };
    buffer.truncate(length);
    Ok(buffer)
}

/// The parameters of a scheme that we read.
fn parameters(algorithm: &AlgorithmIdentifierOwned) -> Result<Parameters, Closed> {
    let unsupported = || Closed::Unsupported(scheme_name(algorithm.oid));
    if algorithm.oid != pbes2::PBES2_OID {
        return Err(unsupported());
    }
    let parts = algorithm.parameters.as_ref().ok_or(Closed::Damaged)?;
    let [_, cipher]: [AlgorithmIdentifierOwned; 2] = parts
        .decode_as::<Vec<AlgorithmIdentifierOwned>>()
        .ok()
        .and_then(|parts| parts.try_into().ok())
        .ok_or(Closed::Damaged)?;
    if !CIPHERS.contains(&cipher.oid) {
        return Err(Closed::Unsupported(format!(
            "PBES2 with the cipher {}",
            cipher.oid
        )));
    }
    // The crate indexes into a short initialization vector, and panics.
    let vector = cipher.parameters.as_ref();
    let vector = vector.and_then(|vector| vector.decode_as::<&OctetStringRef>().ok());
    let length = if cipher.oid == pbes2::DES_EDE3_CBC_OID {
        8
    } else {
        16
    };
    if vector.is_none_or(|vector| vector.as_bytes().len() != length) {
        return Err(Closed::Damaged);
    }
    let der = algorithm.to_der().map_err(|_| Closed::Damaged)?;
    match EncryptionScheme::try_from(der.as_slice()) {
        Ok(EncryptionScheme::Pbes2(parameters)) => Ok(parameters),
        Ok(_) => Err(unsupported()),
        Err(error) => Err(match error.kind() {
            der::ErrorKind::OidUnknown { oid } => {
                Closed::Unsupported(format!("PBES2 with the key derivation {oid}"))
            }
            _ => Closed::Unsupported("PBES2 with unusual parameters".to_owned()),
        }),
    }
}

/// Whether a key may be derived: some seconds and some memory at most.
fn bounded(kdf: &Kdf) -> Result<(), ()> {
    let within = match kdf {
        Kdf::Pbkdf2(parameters) => (1..=MAX_ITERATIONS).contains(&parameters.iteration_count),
        Kdf::Scrypt(parameters) => {
            let (n, r, p) = (
                parameters.cost_parameter,
                u64::from(parameters.block_size),
                u64::from(parameters.parallelization),
            );
            // RFC 7914, section 2: 128·N·r bytes, walked through p times.
            let memory = n.checked_mul(128 * r.max(1));
            let work = memory.and_then(|memory| memory.checked_mul(p));
            n.is_power_of_two()
                && n > 1
                && r > 0
                && p > 0
                && memory.is_some_and(|memory| memory <= MAX_MEMORY)
                && work.is_some_and(|work| work <= MAX_WORK)
        }
        _ => false,
    };
    if within { Ok(()) } else { Err(()) }
}

/// One DER sequence and nothing else: `PrivateKeyInfo`, or `SafeContents`.
pub(crate) fn is_sequence(plain: &[u8]) -> bool {
    der::asn1::AnyRef::from_der(plain).is_ok_and(|any| any.tag() == der::Tag::Sequence)
}

fn name(parameters: &Parameters) -> String {
    let kdf = match &parameters.kdf {
        Kdf::Pbkdf2(parameters) => match parameters.prf {
            Pbkdf2Prf::HmacWithSha1 => "PBKDF2 with SHA-1",
            Pbkdf2Prf::HmacWithSha224 => "PBKDF2 with SHA-224",
            Pbkdf2Prf::HmacWithSha256 => "PBKDF2 with SHA-256",
            Pbkdf2Prf::HmacWithSha384 => "PBKDF2 with SHA-384",
            Pbkdf2Prf::HmacWithSha512 => "PBKDF2 with SHA-512",
            _ => "PBKDF2",
        },
        _ => "scrypt",
    };
    let cipher = match parameters.encryption {
        pbes2::EncryptionScheme::Aes128Cbc { .. } => "AES-128-CBC",
        pbes2::EncryptionScheme::Aes192Cbc { .. } => "AES-192-CBC",
        pbes2::EncryptionScheme::Aes256Cbc { .. } => "AES-256-CBC",
        _ => "DES-EDE3-CBC",
    };
    format!("{kdf}, {cipher}")
}

fn scheme_name(oid: ObjectIdentifier) -> String {
    let text = oid.to_string();
    // RFC 8018, appendix A.3, and RFC 7292, appendix C.
    let is_old =
        text.starts_with("1.2.840.113549.1.5.") || text.starts_with("1.2.840.113549.1.12.1.");
    if is_old {
        format!("PBES1 ({text})")
    } else {
        text
    }
}

const CIPHERS: [ObjectIdentifier; 4] = [
    pbes2::AES_128_CBC_OID,
    pbes2::AES_192_CBC_OID,
    pbes2::AES_256_CBC_OID,
    pbes2::DES_EDE3_CBC_OID,
];

/// Ten times what is recommended today.
const MAX_ITERATIONS: u32 = 2_500_000;
/// Twice what is recommended for scrypt (N = 2¹⁷, r = 8).
const MAX_MEMORY: u64 = 256 << 20;
const MAX_WORK: u64 = 1 << 30;
