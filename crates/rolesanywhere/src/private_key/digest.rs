use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P521_SHA256_ASN1_SIGNING, ECDSA_P521_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RsaKeyPair,
};
use p384::ecdsa::signature::hazmat::PrehashSigner as _;

use super::{Key, PrivateKey, sign};
use crate::signer::{Signer as _, SigningError};

/// A digest to sign with, where it need not be that of Roles Anywhere.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum DigestAlgorithm {
    /// SHA-256, which is what Roles Anywhere takes.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl PrivateKey {
    /// Signs `message` under another digest than [`Signer::sign`](crate::Signer::sign)
    /// does: PKCS#1 v1.5, or ECDSA in DER. For trying a key out; Roles Anywhere
    /// takes no other signature than that of SHA-256.
    ///
    /// A key whose algorithm hashes by itself signs the message, whichever the
    /// digest.
    pub fn sign_with(
        &self,
        algorithm: DigestAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, SigningError> {
        if let Key::Rsa(pair) = &self.key {
            rsa(pair, algorithm, message)
        } else if let Key::Ecdsa(pair) = &self.key {
            ecdsa(pair, algorithm, message)
        } else if let Key::P384(key) = &self.key {
            let hash = digest::digest(algorithm.hash(), message);
            let signature: Result<p384::ecdsa::Signature, _> = key.sign_prehash(hash.as_ref());
            let signature = signature.map_err(|_| sign::refused("P-384"))?;
            Ok(signature.to_der().as_bytes().to_vec())
        } else {
            self.sign(message)
        }
    }
}

impl DigestAlgorithm {
    fn hash(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

fn rsa(
    pair: &RsaKeyPair,
    algorithm: DigestAlgorithm,
    message: &[u8],
) -> Result<Vec<u8>, SigningError> {
    let padding = match algorithm {
        DigestAlgorithm::Sha256 => &RSA_PKCS1_SHA256,
        DigestAlgorithm::Sha384 => &RSA_PKCS1_SHA384,
        DigestAlgorithm::Sha512 => &RSA_PKCS1_SHA512,
    };
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(padding, &SystemRandom::new(), message, &mut signature)
        .map_err(|_| sign::refused("RSA"))?;
    Ok(signature)
}

/// AWS-LC binds a key to its curve's digests, which for P-256 is one. A longer
/// digest counts by its first bits (FIPS 186-5, section 6.4.1), so that those
/// are signed as if they were the one.
fn ecdsa(
    pair: &EcdsaKeyPair,
    algorithm: DigestAlgorithm,
    message: &[u8],
) -> Result<Vec<u8>, SigningError> {
    let refused = || sign::refused("ECDSA");
    let hash = digest::digest(algorithm.hash(), message);
    let is_p256 = pair.public_key().as_ref().len() == 65;
    let signature = if is_p256 {
        let bits = hash.as_ref().get(..32).ok_or_else(refused)?;
        let bits = Digest::import_less_safe(bits, &digest::SHA256).map_err(|_| refused())?;
        pair.sign_digest(&bits)
    } else {
        let bound = match algorithm {
            DigestAlgorithm::Sha256 => &ECDSA_P521_SHA256_ASN1_SIGNING,
            DigestAlgorithm::Sha384 => &ECDSA_P521_SHA384_ASN1_SIGNING,
            DigestAlgorithm::Sha512 => &ECDSA_P521_SHA512_ASN1_SIGNING,
        };
        again(pair, bound)?.sign_digest(&hash)
    };
    let signature = signature.map_err(|_| refused())?;
    Ok(signature.as_ref().to_vec())
}

/// The same key, bound to another digest.
fn again(
    pair: &EcdsaKeyPair,
    algorithm: &'static EcdsaSigningAlgorithm,
) -> Result<EcdsaKeyPair, SigningError> {
    let der = pair.to_pkcs8v1().map_err(|_| sign::refused("ECDSA"))?;
    EcdsaKeyPair::from_pkcs8(algorithm, der.as_ref()).map_err(|_| sign::refused("ECDSA"))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA384_ASN1,
        ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA384_ASN1, ECDSA_P521_SHA512_ASN1,
        RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
        VerificationAlgorithm,
    };

    use super::*;

    #[test]
    fn each_key_signs_under_each_digest() {
        type Verify = &'static dyn VerificationAlgorithm;
        let keys: [(&[u8], Verify, Verify); 4] = [
            (
                include_bytes!("../../testdata/pki/rsa2048.key"),
                &RSA_PKCS1_2048_8192_SHA384,
                &RSA_PKCS1_2048_8192_SHA512,
            ),
            (
                include_bytes!("../../testdata/pki/ecp256.key"),
                &ECDSA_P256_SHA384_ASN1,
                &ECDSA_P256_SHA512_ASN1,
            ),
            (
                include_bytes!("../../testdata/pki/ecp384.key"),
                &ECDSA_P384_SHA384_ASN1,
                &ECDSA_P384_SHA512_ASN1,
            ),
            (
                include_bytes!("../../testdata/pki/ecp521.key"),
                &ECDSA_P521_SHA384_ASN1,
                &ECDSA_P521_SHA512_ASN1,
            ),
        ];
        for (pem, sha384, sha512) in keys {
            let key = PrivateKey::from_pem(pem).unwrap();
            for (algorithm, verification) in [
                (DigestAlgorithm::Sha384, sha384),
                (DigestAlgorithm::Sha512, sha512),
            ] {
                let signature = key.sign_with(algorithm, b"message").unwrap();
                let public = UnparsedPublicKey::new(verification, key.public_key());
                assert!(
                    public.verify(b"message", &signature).is_ok(),
                    "{key:?} {algorithm:?}"
                );
                assert!(public.verify(b"massage", &signature).is_err(), "{key:?}");
            }
        }
    }

    #[test]
    fn sha_256_is_what_roles_anywhere_takes() {
        let pem = include_bytes!("../../testdata/pki/rsa2048.key");
        let key = PrivateKey::from_pem(pem).unwrap();
        assert_eq!(
            key.sign_with(DigestAlgorithm::Sha256, b"message"),
            key.sign(b"message")
        );
    }
}
