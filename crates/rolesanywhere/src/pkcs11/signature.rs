//! What a token signs, in the form that Roles Anywhere wants.

use aws_lc_rs::signature::{self as algorithms, UnparsedPublicKey, VerificationAlgorithm};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::KeyType;
use der::asn1::UintRef;
use der::{Encode as _, Sequence};
use sha2::{Digest as _, Sha256};

use crate::{Certificate, KeyAlgorithm, SigningAlgorithm, SigningError};

/// How a token signs for a certificate of this key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scheme {
    /// The token hashes.
    Rsa,
    /// Hashed here: few tokens know `CKM_ECDSA_SHA256`.
    Ecdsa,
}

/// `ECDSA-Sig-Value` (RFC 3279, section 2.2.3).
#[derive(Sequence)]
struct EcdsaSignature<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

impl Scheme {
    pub(super) fn of(key: &KeyAlgorithm) -> Option<Self> {
        match key {
            KeyAlgorithm::Rsa { .. } => Some(Self::Rsa),
            KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384 | KeyAlgorithm::EcP521 => Some(Self::Ecdsa),
            _ => None,
        }
    }

    pub(super) fn key_type(self) -> KeyType {
        match self {
            Self::Rsa => KeyType::RSA,
            Self::Ecdsa => KeyType::EC,
        }
    }

    pub(super) fn algorithm(self) -> SigningAlgorithm {
        match self {
            Self::Rsa => SigningAlgorithm::RsaSha256,
            Self::Ecdsa => SigningAlgorithm::EcdsaSha256,
        }
    }

    pub(super) fn mechanism(self) -> Mechanism<'static> {
        match self {
            Self::Rsa => Mechanism::Sha256RsaPkcs,
            Self::Ecdsa => Mechanism::Ecdsa,
        }
    }

    /// What the token is given of `message`.
    pub(super) fn input(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa => message.to_vec(),
            Self::Ecdsa => Sha256::digest(message).to_vec(),
        }
    }

    /// The signature of what the token gave: of a curve, two numbers of equal
    /// length.
    pub(super) fn output(self, raw: Vec<u8>) -> Result<Vec<u8>, SigningError> {
        if self == Self::Rsa {
            return Ok(raw);
        }
        let malformed = || SigningError::new("the token's signature is malformed");
        if raw.is_empty() || !raw.len().is_multiple_of(2) {
            return Err(malformed());
        }
        let (r, s) = raw.split_at(raw.len() / 2);
        let number = |bytes| UintRef::new(bytes).map_err(|_| malformed());
        let signature = EcdsaSignature {
            r: number(r)?,
            s: number(s)?,
        };
        signature.to_der().map_err(|_| malformed())
    }
}

/// Whether the key of `certificate` made the signature.
pub(super) fn verifies(certificate: &Certificate, message: &[u8], signature: &[u8]) -> bool {
    let algorithm: &dyn VerificationAlgorithm = match certificate.key_algorithm() {
        KeyAlgorithm::Rsa { .. } => &algorithms::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        KeyAlgorithm::EcP256 => &algorithms::ECDSA_P256_SHA256_ASN1,
        KeyAlgorithm::EcP384 => &algorithms::ECDSA_P384_SHA256_ASN1,
        KeyAlgorithm::EcP521 => &algorithms::ECDSA_P521_SHA256_ASN1,
        _ => return false,
    };
    let key = UnparsedPublicKey::new(algorithm, certificate.public_key());
    key.verify(message, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_encoded_as_der_wants_them() {
        let raw = [&[0x00, 0x01][..], &[0x80, 0x00]].concat();
        let der = Scheme::Ecdsa.output(raw).unwrap();
        assert_eq!(
            der,
            [0x30, 0x08, 0x02, 0x01, 0x01, 0x02, 0x03, 0x00, 0x80, 0x00]
        );
        assert!(Scheme::Ecdsa.output(vec![1, 2, 3]).is_err());
        assert!(Scheme::Ecdsa.output(vec![]).is_err());
    }
}
