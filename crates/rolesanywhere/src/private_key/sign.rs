//! One function per crypto library and algorithm.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{EcdsaKeyPair, PqdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use p384::ecdsa::signature::hazmat::PrehashSigner as _;
use sha2::{Digest as _, Sha256};

use crate::signer::SigningError;

/// PKCS#1 v1.5 over SHA-256, which is deterministic.
pub(super) fn rsa(pair: &RsaKeyPair, message: &[u8]) -> Result<Vec<u8>, SigningError> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message,
        &mut signature,
    )
    .map_err(|_| refused("RSA"))?;
    Ok(signature)
}

pub(super) fn ecdsa(pair: &EcdsaKeyPair, message: &[u8]) -> Result<Vec<u8>, SigningError> {
    pair.sign(&SystemRandom::new(), message)
        .map(|signature| signature.as_ref().to_vec())
        .map_err(|_| refused("ECDSA"))
}

pub(super) fn p384(key: &p384::ecdsa::SigningKey, message: &[u8]) -> Result<Vec<u8>, SigningError> {
    let signature: p384::ecdsa::Signature = key
        .sign_prehash(&Sha256::digest(message))
        .map_err(|_| refused("P-384"))?;
    Ok(signature.to_der().as_bytes().to_vec())
}

/// Pure ML-DSA with an empty context, over the message itself.
pub(super) fn ml_dsa(pair: &PqdsaKeyPair, message: &[u8]) -> Result<Vec<u8>, SigningError> {
    let mut signature = vec![0; pair.algorithm().signature_len()];
    let length = pair
        .sign(message, &mut signature)
        .map_err(|_| refused("ML-DSA"))?;
    signature.truncate(length);
    Ok(signature)
}

pub(super) fn refused(what: &str) -> SigningError {
    SigningError::new(format!("{what} signing failed"))
}
