use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};
use der::asn1::{ObjectIdentifier, OctetString};
use pkcs5::pbes2::{Pbkdf2Params, Pbkdf2Prf};
use spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use super::InvalidPkcs12;
use super::derivation::{Derivation, Purpose};
use super::password::Password;

/// `MacData` (RFC 7292, section 4).
pub(super) struct Mac {
    pub(super) algorithm: AlgorithmIdentifierOwned,
    pub(super) tag: OctetString,
    pub(super) salt: OctetString,
    pub(super) iterations: u32,
}

/// Whether the passphrase is the one that the file was made with.
pub(super) fn verify(mac: &Mac, contents: &[u8], password: &Password) -> Result<(), InvalidPkcs12> {
    let (algorithm, key) = if mac.algorithm.oid.to_string() == PBMAC1 {
        pbmac1(&mac.algorithm, password)?
    } else {
        let (hash, algorithm) = hash(mac.algorithm.oid)?;
        bounded(mac.iterations)?;
        let derivation = Derivation {
            hash,
            password: &password.utf16,
            salt: mac.salt.as_bytes(),
            iterations: mac.iterations,
        };
        (algorithm, derivation.bytes(Purpose::Mac, hash.output_len()))
    };
    let key = hmac::Key::new(algorithm, &key);
    hmac::verify(&key, contents, mac.tag.as_bytes()).map_err(|_| InvalidPkcs12::WrongPassphrase)
}

/// RFC 9579: a key by PBKDF2, and HMAC with it.
fn pbmac1(
    algorithm: &AlgorithmIdentifierOwned,
    password: &Password,
) -> Result<(hmac::Algorithm, Zeroizing<Vec<u8>>), InvalidPkcs12> {
    let parameters = algorithm
        .parameters
        .as_ref()
        .ok_or(InvalidPkcs12::Damaged)?;
    let parts: Vec<AlgorithmIdentifierOwned> =
        parameters.decode_as().map_err(|_| InvalidPkcs12::Damaged)?;
    let [kdf, scheme] = &parts[..] else {
        return Err(InvalidPkcs12::Damaged);
    };
    let algorithm = match scheme.oid {
        pkcs5::pbes2::HMAC_WITH_SHA256_OID => hmac::HMAC_SHA256,
        HMAC_SHA384 => hmac::HMAC_SHA384,
        HMAC_SHA512 => hmac::HMAC_SHA512,
        other => return Err(unsupported(&other.to_string())),
    };
    Ok((algorithm, pbkdf2_key(kdf, password)?))
}

/// The key of PBMAC1, by the one function that it knows.
fn pbkdf2_key(
    kdf: &AlgorithmIdentifierOwned,
    password: &Password,
) -> Result<Zeroizing<Vec<u8>>, InvalidPkcs12> {
    if kdf.oid != pkcs5::pbes2::PBKDF2_OID {
        return Err(unsupported(&kdf.oid.to_string()));
    }
    let parameters = kdf.parameters.as_ref().ok_or(InvalidPkcs12::Damaged)?;
    let parameters: Pbkdf2Params = parameters
        .decode_as()
        .map_err(|_| unsupported("unusual parameters"))?;
    let function = match parameters.prf {
        Pbkdf2Prf::HmacWithSha1 => pbkdf2::PBKDF2_HMAC_SHA1,
        Pbkdf2Prf::HmacWithSha256 => pbkdf2::PBKDF2_HMAC_SHA256,
        Pbkdf2Prf::HmacWithSha384 => pbkdf2::PBKDF2_HMAC_SHA384,
        Pbkdf2Prf::HmacWithSha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        _ => return Err(unsupported("SHA-224")),
    };
    bounded(parameters.iteration_count)?;
    let rounds = NonZeroU32::new(parameters.iteration_count).ok_or(InvalidPkcs12::Damaged)?;
    // "keyLength ... MUST be present" (section 4).
    let length = parameters
        .key_length
        .filter(|length| (16..=64).contains(length));
    let length = length.ok_or(InvalidPkcs12::Damaged)?;
    let mut key = Zeroizing::new(vec![0; length.into()]);
    let salt = parameters.salt.as_ref();
    pbkdf2::derive(function, rounds, salt, &password.utf8, &mut key);
    Ok(key)
}

fn unsupported(what: &str) -> InvalidPkcs12 {
    InvalidPkcs12::Unsupported {
        scheme: format!("PBMAC1 with {what}"),
    }
}

/// A file must not take minutes.
pub(super) fn bounded(iterations: u32) -> Result<(), InvalidPkcs12> {
    if iterations <= MAX_ITERATIONS {
        Ok(())
    } else {
        Err(InvalidPkcs12::TooCostly {
            scheme: format!("{iterations} rounds"),
        })
    }
}

type Hash = (&'static digest::Algorithm, hmac::Algorithm);

fn hash(oid: ObjectIdentifier) -> Result<Hash, InvalidPkcs12> {
    Ok(match oid.to_string().as_str() {
        "1.3.14.3.2.26" => (
            &digest::SHA1_FOR_LEGACY_USE_ONLY,
            hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        ),
        "2.16.840.1.101.3.4.2.4" => (&digest::SHA224, hmac::HMAC_SHA224),
        "2.16.840.1.101.3.4.2.1" => (&digest::SHA256, hmac::HMAC_SHA256),
        "2.16.840.1.101.3.4.2.2" => (&digest::SHA384, hmac::HMAC_SHA384),
        "2.16.840.1.101.3.4.2.3" => (&digest::SHA512, hmac::HMAC_SHA512),
        other => {
            return Err(InvalidPkcs12::Unsupported {
                scheme: format!("a MAC with {other}"),
            });
        }
    })
}

const PBMAC1: &str = "1.2.840.113549.1.5.14";
const HMAC_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.10");
const HMAC_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.11");
/// As for PBES2.
const MAX_ITERATIONS: u32 = 2_500_000;
