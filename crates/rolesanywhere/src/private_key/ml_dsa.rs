//! ML-DSA keys in PKCS#8 (RFC 9881, section 6), and as they were written before
//! it was agreed upon.

use aws_lc_rs::signature::{
    ML_DSA_44_SIGNING, ML_DSA_65_SIGNING, ML_DSA_87_SIGNING, PqdsaKeyPair, PqdsaSigningAlgorithm,
};
use der::asn1::OctetStringRef;
use der::{Decode as _, Reader as _, SliceReader};
use p384::pkcs8::PrivateKeyInfoRef;
use rustls_pki_types::PrivateKeyDer;

/// The key, where it is one of ML-DSA.
pub(super) fn key(der: &PrivateKeyDer<'_>) -> Option<PqdsaKeyPair> {
    let PrivateKeyDer::Pkcs8(der) = der else {
        return None;
    };
    let info = PrivateKeyInfoRef::from_der(der.secret_pkcs8_der()).ok()?;
    let algorithm = algorithm(&info.algorithm.oid.to_string())?;
    match Form::of(info.private_key.as_bytes())? {
        Form::Seed(seed) => PqdsaKeyPair::from_seed(algorithm, seed).ok(),
        Form::Expanded(key) => PqdsaKeyPair::from_raw_private_key(algorithm, key).ok(),
        // AWS-LC compares the two.
        Form::Both => PqdsaKeyPair::from_pkcs8(algorithm, der.secret_pkcs8_der()).ok(),
    }
}

/// `ML-DSA-PrivateKey`, a choice of three.
enum Form<'a> {
    Seed(&'a [u8]),
    Expanded(&'a [u8]),
    Both,
}

impl<'a> Form<'a> {
    fn of(key: &'a [u8]) -> Option<Self> {
        // Early writers left the tag out.
        if key.len() == SEED_LENGTH {
            return Some(Self::Seed(key));
        }
        match key {
            // `[0] IMPLICIT OCTET STRING (SIZE (32))`.
            [0x80, 0x20, seed @ ..] => (seed.len() == SEED_LENGTH).then_some(Self::Seed(seed)),
            [0x30, ..] => Self::of_sequence(key).ok(),
            _ => {
                let key = <&OctetStringRef>::from_der(key).ok()?.as_bytes();
                let is_seed = key.len() == SEED_LENGTH;
                Some(if is_seed {
                    Self::Seed(key)
                } else {
                    Self::Expanded(key)
                })
            }
        }
    }

    /// Seed and expanded key; some write the seed alone.
    fn of_sequence(key: &'a [u8]) -> der::Result<Self> {
        SliceReader::new(key)?.sequence(|reader| {
            let seed = <&OctetStringRef>::decode(reader)?;
            if reader.is_finished() {
                return Ok(Self::Seed(seed.as_bytes()));
            }
            <&OctetStringRef>::decode(reader)?;
            Ok(Self::Both)
        })
    }
}

fn algorithm(oid: &str) -> Option<&'static PqdsaSigningAlgorithm> {
    match oid {
        "2.16.840.1.101.3.4.3.17" => Some(&ML_DSA_44_SIGNING),
        "2.16.840.1.101.3.4.3.18" => Some(&ML_DSA_65_SIGNING),
        "2.16.840.1.101.3.4.3.19" => Some(&ML_DSA_87_SIGNING),
        _ => None,
    }
}

const SEED_LENGTH: usize = 32;

#[cfg(test)]
mod tests;
