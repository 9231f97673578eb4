use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P521_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    PqdsaKeyPair, RsaKeyPair,
};
use p384::pkcs8::DecodePrivateKey as _;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::SecretString;

use crate::pem::{EncryptedKey, MalformedPem, PemItems};
use crate::signer::{Signer, SigningAlgorithm, SigningError};

mod digest;
mod encrypted;
mod ml_dsa;
pub(crate) mod pbes2;
mod sign;

pub use digest::DigestAlgorithm;

/// A private key in memory: the [`Signer`] for keys from files and from Vault.
///
/// RSA, P-256, P-521 and ML-DSA sign with AWS-LC. P-384 signs with the `p384` crate,
/// because Roles Anywhere wants SHA-256 with every curve, and AWS-LC's Rust
/// interface signs on P-384 only with SHA-384.
pub struct PrivateKey {
    key: Key,
    public_key: Vec<u8>,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(Box<EcdsaKeyPair>),
    P384(Box<p384::ecdsa::SigningKey>),
    MlDsa(Box<PqdsaKeyPair>),
}

/// Why a private key cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPrivateKey {
    /// The text holds no private key.
    #[error("there is no private key in it (PKCS#8, PKCS#1 or SEC1 in PEM)")]
    Missing,
    /// The text holds more than one private key.
    #[error("there is more than one private key in it")]
    Several,
    /// A PEM section cannot be decoded.
    #[error("it is not valid PEM")]
    MalformedPem,
    /// The key is behind a passphrase, and none was given.
    #[error("the private key is encrypted, and there is no passphrase for it")]
    PassphraseMissing,
    /// The passphrase that was given is another key's.
    #[error("the passphrase does not open the private key (encrypted by {scheme})")]
    WrongPassphrase {
        /// How the key is encrypted.
        scheme: String,
    },
    /// The key is encrypted in a way that is not read here.
    #[error("the private key is encrypted by {scheme}, which is not supported")]
    UnsupportedEncryption {
        /// How the key is encrypted.
        scheme: String,
    },
    /// The file asks for more memory or time than a passphrase is worth: 256 MiB,
    /// ten million rounds.
    #[error("to decrypt the private key would take too much memory or time ({scheme})")]
    TooCostly {
        /// How the key is encrypted.
        scheme: String,
    },
    /// What is encrypted was cut off, or is not what it says.
    #[error("the encrypted private key is damaged")]
    DamagedEncryption,
    /// The key is of a kind that Roles Anywhere does not know, or is damaged.
    #[error(
        "the private key is none of RSA (2048 to 8192 bits), EC P-256, P-384, P-521 and ML-DSA"
    )]
    Unsupported,
}

impl PrivateKey {
    /// The one private key in a PEM text, which may hold other things, too.
    pub fn from_pem(text: &[u8]) -> Result<Self, InvalidPrivateKey> {
        Self::from_pem_with(text, None)
    }

    /// The same where the key may be behind a passphrase: PKCS#8 encrypted by
    /// PBES2 ([RFC 8018](https://www.rfc-editor.org/rfc/rfc8018)) with AES-CBC
    /// or DES-EDE3-CBC, and a key derived by PBKDF2 or scrypt.
    ///
    /// A key that is not encrypted needs no passphrase, and has no use for one.
    pub fn from_pem_with(
        text: &[u8],
        passphrase: Option<&SecretString>,
    ) -> Result<Self, InvalidPrivateKey> {
        let items =
            PemItems::parse(text).map_err(|MalformedPem| InvalidPrivateKey::MalformedPem)?;
        match (&items.private_keys[..], &items.encrypted_keys[..]) {
            ([key], _) => Self::from_der(key),
            ([], [key]) => Self::from_encrypted(key, passphrase),
            ([], []) => Err(InvalidPrivateKey::Missing),
            _ => Err(InvalidPrivateKey::Several),
        }
    }

    fn from_encrypted(
        key: &EncryptedKey,
        passphrase: Option<&SecretString>,
    ) -> Result<Self, InvalidPrivateKey> {
        let EncryptedKey::Pkcs8(der) = key else {
            return Err(InvalidPrivateKey::UnsupportedEncryption {
                scheme: "OpenSSL's old form (Proc-Type: 4,ENCRYPTED)".to_owned(),
            });
        };
        let passphrase = passphrase.ok_or(InvalidPrivateKey::PassphraseMissing)?;
        let opened = encrypted::open(der, passphrase)?;
        Self::from_der(&PrivatePkcs8KeyDer::from(opened.as_slice()).into())
    }

    /// A key in PKCS#8, PKCS#1 or SEC1; ML-DSA in PKCS#8, as a seed, expanded, or
    /// both ([RFC 9881](https://www.rfc-editor.org/rfc/rfc9881), section 6).
    ///
    /// The caller's bytes stay the caller's: they are read, not kept.
    pub fn from_der(der: &PrivateKeyDer<'_>) -> Result<Self, InvalidPrivateKey> {
        let key = rsa(der)
            .or_else(|| ecdsa(der))
            .or_else(|| p384(der))
            .or_else(|| ml_dsa::key(der).map(|pair| Key::MlDsa(Box::new(pair))))
            .ok_or(InvalidPrivateKey::Unsupported)?;
        let public_key = match &key {
            Key::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Key::Ecdsa(pair) => pair.public_key().as_ref().to_vec(),
            Key::MlDsa(pair) => pair.public_key().as_ref().to_vec(),
            Key::P384(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
        };
        Ok(Self { key, public_key })
    }
}

impl Signer for PrivateKey {
    fn algorithm(&self) -> SigningAlgorithm {
        match self.key {
            Key::Rsa(_) => SigningAlgorithm::RsaSha256,
            Key::Ecdsa(_) | Key::P384(_) => SigningAlgorithm::EcdsaSha256,
            Key::MlDsa(_) => SigningAlgorithm::MlDsa,
        }
    }

    fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        match &self.key {
            Key::Rsa(pair) => sign::rsa(pair, message),
            Key::Ecdsa(pair) => sign::ecdsa(pair, message),
            Key::P384(key) => sign::p384(key, message),
            Key::MlDsa(pair) => sign::ml_dsa(pair, message),
        }
    }
}

/// Shows the algorithm, and of the key nothing.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}

fn rsa(der: &PrivateKeyDer<'_>) -> Option<Key> {
    let pair = match der {
        PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
        _ => return None,
    };
    Some(Key::Rsa(Box::new(pair.ok()?)))
}

fn ecdsa(der: &PrivateKeyDer<'_>) -> Option<Key> {
    [
        &ECDSA_P256_SHA256_ASN1_SIGNING,
        &ECDSA_P521_SHA256_ASN1_SIGNING,
    ]
    .into_iter()
    .find_map(|algorithm| EcdsaKeyPair::from_private_key_der(algorithm, der.secret_der()).ok())
    .map(|pair| Key::Ecdsa(Box::new(pair)))
}

fn p384(der: &PrivateKeyDer<'_>) -> Option<Key> {
    let key = match der {
        PrivateKeyDer::Pkcs8(key) => {
            p384::SecretKey::from_pkcs8_der(key.secret_pkcs8_der()).ok()?
        }
        PrivateKeyDer::Sec1(key) => p384::SecretKey::from_sec1_der(key.secret_sec1_der()).ok()?,
        _ => return None,
    };
    Some(Key::P384(Box::new(key.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_key() {
        let key = PrivateKey::from_pem(include_bytes!("../testdata/pki/ecp256.key")).unwrap();
        assert_eq!(
            format!("{key:?}"),
            "PrivateKey { algorithm: EcdsaSha256, .. }"
        );
    }

    #[test]
    fn says_why_a_text_is_no_key() {
        let key = include_str!("../testdata/pki/ecp384.key");
        let encrypted = include_str!("../testdata/pki/ecp256.enc.key");
        let old_encryption = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\
            DEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        let broken = "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n";
        let damaged = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let old_form = InvalidPrivateKey::UnsupportedEncryption {
            scheme: "OpenSSL's old form (Proc-Type: 4,ENCRYPTED)".to_owned(),
        };
        for (text, expected) in [
            ("", InvalidPrivateKey::Missing),
            (
                include_str!("../testdata/pki/ecp256.pem"),
                InvalidPrivateKey::Missing,
            ),
            (&format!("{key}{key}"), InvalidPrivateKey::Several),
            (encrypted, InvalidPrivateKey::PassphraseMissing),
            (old_encryption, old_form),
            (broken, InvalidPrivateKey::MalformedPem),
            (damaged, InvalidPrivateKey::Unsupported),
            (
                include_str!("../testdata/pki/ed25519.key"),
                InvalidPrivateKey::Unsupported,
            ),
        ] {
            assert_eq!(PrivateKey::from_pem(text.as_bytes()).unwrap_err(), expected);
        }
    }
}
