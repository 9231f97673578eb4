use std::fmt;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use der::Decode as _;
use der::asn1::{Null, ObjectIdentifier};
use rustls_pki_types::PrivatePkcs8KeyDer;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use zeroize::Zeroizing;

use crate::KeyType;

/// A private key made here, for a certificate that is yet to be signed.
///
/// It leaves the process only where the caller writes it.
pub struct KeyPair {
    key_type: KeyType,
    pkcs8: Zeroizing<Vec<u8>>,
    signer: Signer,
}

enum Signer {
    Ecdsa(Box<EcdsaKeyPair>),
    Rsa(Box<RsaKeyPair>),
}

/// The system has no random numbers to give, or no memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the cryptographic library failed")]
#[non_exhaustive]
pub struct CryptoFailure;

impl KeyPair {
    /// Makes a key. An RSA key takes a tenth of a second, or some seconds
    /// where it is long; [`KeyType::Auto`] gives P-256.
    pub fn generate(key_type: KeyType) -> Result<Self, CryptoFailure> {
        match key_type {
            KeyType::Auto | KeyType::EcP256 => {
                ecdsa(KeyType::EcP256, &ECDSA_P256_SHA256_ASN1_SIGNING)
            }
            KeyType::EcP384 => ecdsa(key_type, &ECDSA_P384_SHA384_ASN1_SIGNING),
            KeyType::Rsa2048 => rsa(key_type, KeySize::Rsa2048),
            KeyType::Rsa3072 => rsa(key_type, KeySize::Rsa3072),
            KeyType::Rsa4096 => rsa(key_type, KeySize::Rsa4096),
        }
    }

    /// The kind of this key; never [`KeyType::Auto`].
    pub fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The key as PKCS#8.
    pub fn pkcs8(&self) -> PrivatePkcs8KeyDer<'_> {
        self.pkcs8[..].into()
    }

    pub(crate) fn into_pkcs8(self) -> Zeroizing<Vec<u8>> {
        self.pkcs8
    }

    pub(crate) fn public_key(&self) -> Result<SubjectPublicKeyInfoOwned, CryptoFailure> {
        let der = match &self.signer {
            Signer::Ecdsa(pair) => pair.public_key().as_der(),
            Signer::Rsa(pair) => pair.public_key().as_der(),
        };
        let der = der.map_err(|_| CryptoFailure)?;
        SubjectPublicKeyInfoOwned::from_der(der.as_ref()).map_err(|_| CryptoFailure)
    }

    /// The algorithm that [`KeyPair::sign`] signs with: RFC 5758 and RFC 8017,
    /// appendix A.2.4, which wants a NULL.
    pub(crate) fn signature_algorithm(&self) -> AlgorithmIdentifierOwned {
        let (oid, parameters) = match self.key_type {
            KeyType::Auto | KeyType::EcP256 => ("1.2.840.10045.4.3.2", None),
            KeyType::EcP384 => ("1.2.840.10045.4.3.3", None),
            KeyType::Rsa2048 | KeyType::Rsa3072 | KeyType::Rsa4096 => {
                ("1.2.840.113549.1.1.11", Some(Null.into()))
            }
        };
        AlgorithmIdentifierOwned {
            oid: ObjectIdentifier::new_unwrap(oid),
            parameters,
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoFailure> {
        let random = SystemRandom::new();
        match &self.signer {
            Signer::Ecdsa(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| CryptoFailure),
            Signer::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| CryptoFailure)?;
                Ok(signature)
            }
        }
    }
}

/// Shows what kind of key it is, and of the key nothing.
impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair")
            .field("key_type", &self.key_type)
            .finish_non_exhaustive()
    }
}

fn ecdsa(
    key_type: KeyType,
    algorithm: &'static EcdsaSigningAlgorithm,
) -> Result<KeyPair, CryptoFailure> {
    let pair = EcdsaKeyPair::generate(algorithm).map_err(|_| CryptoFailure)?;
    let pkcs8 = pair.to_pkcs8v1().map_err(|_| CryptoFailure)?;
    Ok(KeyPair {
        key_type,
        pkcs8: Zeroizing::new(pkcs8.as_ref().to_vec()),
        signer: Signer::Ecdsa(Box::new(pair)),
    })
}

fn rsa(key_type: KeyType, size: KeySize) -> Result<KeyPair, CryptoFailure> {
    let pair = RsaKeyPair::generate(size).map_err(|_| CryptoFailure)?;
    let pkcs8 = pair.as_der().map_err(|_| CryptoFailure)?;
    Ok(KeyPair {
        key_type,
        pkcs8: Zeroizing::new(pkcs8.as_ref().to_vec()),
        signer: Signer::Rsa(Box::new(pair)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_key() {
        let key = KeyPair::generate(KeyType::Auto).unwrap();
        assert_eq!(format!("{key:?}"), "KeyPair { key_type: EcP256, .. }");
    }

    #[test]
    fn two_keys_are_two_keys() {
        let key = || KeyPair::generate(KeyType::EcP384).unwrap();
        assert_ne!(
            key().pkcs8().secret_pkcs8_der(),
            key().pkcs8().secret_pkcs8_der()
        );
    }
}
