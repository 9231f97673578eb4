use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

/// A private key as PKCS#8, and the PEM that it came in.
pub(super) struct ServerKey {
    pub(super) pkcs8: Zeroizing<Vec<u8>>,
    pub(super) pem: Option<SecretString>,
}

type PublicKey = Vec<u8>;

impl ServerKey {
    pub(super) fn local(pkcs8: Zeroizing<Vec<u8>>) -> Self {
        Self { pkcs8, pem: None }
    }

    /// A key that Vault has made, in PKCS#8, SEC1 or PKCS#1, and its public key
    /// as `SubjectPublicKeyInfo`.
    pub(super) fn read(pem: SecretString) -> Option<(Self, PublicKey)> {
        let der = PrivateKeyDer::from_pem_slice(pem.expose_secret().as_bytes()).ok()?;
        let der = Zeroizing::new(der);
        let (pkcs8, public_key) = rsa(&der)
            .or_else(|| ecdsa(&der))
            .or_else(|| ed25519(&der))?;
        let key = Self {
            pkcs8,
            pem: Some(pem),
        };
        Some((key, public_key))
    }
}

fn rsa(der: &PrivateKeyDer<'_>) -> Option<(Zeroizing<Vec<u8>>, PublicKey)> {
    let pair = match der {
        PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
        _ => return None,
    }
    .ok()?;
    let pkcs8 = pair.as_der().ok()?;
    let public_key = pair.public_key().as_der().ok()?;
    Some((
        Zeroizing::new(pkcs8.as_ref().to_vec()),
        public_key.as_ref().to_vec(),
    ))
}

fn ecdsa(der: &PrivateKeyDer<'_>) -> Option<(Zeroizing<Vec<u8>>, PublicKey)> {
    let pair = [
        &ECDSA_P256_SHA256_ASN1_SIGNING,
        &ECDSA_P384_SHA384_ASN1_SIGNING,
        &ECDSA_P521_SHA512_ASN1_SIGNING,
    ]
    .into_iter()
    .find_map(|algorithm| EcdsaKeyPair::from_private_key_der(algorithm, der.secret_der()).ok())?;
    let pkcs8 = pair.to_pkcs8v1().ok()?;
    let public_key = pair.public_key().as_der().ok()?;
    Some((
        Zeroizing::new(pkcs8.as_ref().to_vec()),
        public_key.as_ref().to_vec(),
    ))
}

/// Of no use with Roles Anywhere; but that is for others to say, and better.
fn ed25519(der: &PrivateKeyDer<'_>) -> Option<(Zeroizing<Vec<u8>>, PublicKey)> {
    let PrivateKeyDer::Pkcs8(key) = der else {
        return None;
    };
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(key.secret_pkcs8_der()).ok()?;
    let public_key = pair.public_key().as_der().ok()?;
    Some((
        Zeroizing::new(key.secret_pkcs8_der().to_vec()),
        public_key.as_ref().to_vec(),
    ))
}
