use std::fmt;

/// Whoever holds a private key: memory, a token, a security module.
///
/// The key itself never leaves the implementation.
pub trait Signer: fmt::Debug + Send + Sync {
    /// How this key signs.
    fn algorithm(&self) -> SigningAlgorithm;

    /// The bits of the public key, as a certificate's
    /// `SubjectPublicKeyInfo` holds them: an uncompressed point, a PKCS#1
    /// `RSAPublicKey`, or what FIPS 204 encodes.
    fn public_key(&self) -> &[u8];

    /// Signs `message`, which is hashed by the algorithm and by nobody before.
    ///
    /// The result is what [`SigningAlgorithm`] says. A signer that talks to
    /// hardware blocks meanwhile.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError>;
}

/// The signature algorithms of SigV4 X.509.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SigningAlgorithm {
    /// PKCS#1 v1.5 over SHA-256.
    RsaSha256,
    /// ECDSA over SHA-256 on any curve, as an ASN.1 DER sequence.
    EcdsaSha256,
    /// ML-DSA-44, -65 or -87 (FIPS 204), pure and with an empty context.
    MlDsa,
}

impl SigningAlgorithm {
    /// The name in the string to sign and in the `Authorization` header.
    ///
    /// [Roles Anywhere User Guide: signing process](https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-sign-process.html)
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaSha256 => "AWS4-X509-RSA-SHA256",
            Self::EcdsaSha256 => "AWS4-X509-ECDSA-SHA256",
            Self::MlDsa => "AWS4-X509-MLDSA",
        }
    }
}

/// A key source could not sign.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the key source could not sign: {reason}")]
pub struct SigningError {
    reason: String,
}

impl SigningError {
    /// An error for `reason`, which must hold no secret.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}
