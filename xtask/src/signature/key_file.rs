use std::fmt;
use std::path::Path;

use p256::SecretKey;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::DecodePrivateKey as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::key::KeyAccess;
use crate::Failure;
use crate::failure::Result;

mod sigstore;

/// A private key on P-256 out of a file.
pub(crate) struct FileKey {
    key: SigningKey,
}

impl FileKey {
    pub(super) fn read(path: &Path, access: &KeyAccess) -> Result<Self> {
        let pem = std::fs::read_to_string(path).map(SecretString::from);
        let pem = pem.map_err(|error| Failure::file(path, &error))?;
        let key = Self::parse(&pem, access);
        key.map_err(|failure| Failure::new(format!("{}: {failure}", path.display())))
    }

    fn parse(pem: &SecretString, access: &KeyAccess) -> Result<Self> {
        let text = pem.expose_secret();
        let label = text
            .split_once("-----BEGIN ")
            .and_then(|(_, rest)| rest.split_once("-----"));
        let key = match label.map(|(label, _)| label) {
            Some("PRIVATE KEY") => SecretKey::from_pkcs8_pem(text)
                .map_err(|_| Failure::new("this is no P-256 key as PKCS#8"))?,
            Some("ENCRYPTED PRIVATE KEY") => {
                SecretKey::from_pkcs8_encrypted_pem(text, passphrase(access)?.expose_secret())
                    .map_err(|_| Failure::new(REFUSED))?
            }
            Some("ENCRYPTED SIGSTORE PRIVATE KEY" | "ENCRYPTED COSIGN PRIVATE KEY") => {
                let der = sigstore::opened(text, &passphrase(access)?)?;
                SecretKey::from_pkcs8_der(&der)
                    .map_err(|_| Failure::new("cosign's key file holds no P-256 key"))?
            }
            Some("EC PRIVATE KEY") => {
                return Err(Failure::new(
                    "this is SEC 1: `openssl pkcs8 -topk8 -in OLD -out NEW` makes PKCS#8 of it",
                ));
            }
            Some(label) => {
                return Err(Failure::new(format!("{label} is no private key as PKCS#8")));
            }
            None => return Err(Failure::new("no PEM is in it")),
        };
        Ok(Self { key: key.into() })
    }

    /// By RFC 6979, without a random number: the same message has the same signature, and
    /// what is signed twice is the same bit for bit.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.key.sign(message);
        signature.to_der().as_bytes().to_vec()
    }

    pub(super) fn public_key(&self) -> &VerifyingKey {
        self.key.verifying_key()
    }

    #[cfg(test)]
    pub(super) fn known() -> Self {
        let key = SecretKey::from_slice(&[7; 32]).unwrap();
        Self { key: key.into() }
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey([redacted])")
    }
}

fn passphrase(access: &KeyAccess) -> Result<SecretString> {
    let passphrase = access.passphrase()?;
    passphrase.ok_or_else(|| {
        Failure::new("it is encrypted: give the passphrase by --passphrase-file or COSIGN_PASSWORD")
    })
}

const REFUSED: &str = "the passphrase does not open it, or what is in it is no P-256 key";

#[cfg(test)]
mod tests {
    use p256::pkcs8::{EncodePrivateKey as _, LineEnding};

    use super::*;

    fn parse(pem: &str) -> Result<FileKey> {
        FileKey::parse(&pem.into(), &KeyAccess::default())
    }

    #[test]
    fn pkcs8_is_read() {
        let pem = SecretKey::from_slice(&[7; 32]).unwrap();
        let pem = pem.to_pkcs8_pem(LineEnding::LF).unwrap();
        let key = parse(&pem).unwrap();
        assert_eq!(key.sign(b"message"), FileKey::known().sign(b"message"));
    }

    #[test]
    fn what_is_wrong_is_said_and_nothing_of_what_is_in_it() {
        for (pem, said) in [
            ("", "no PEM"),
            (
                "-----BEGIN CERTIFICATE-----\nSECRET",
                "CERTIFICATE is no private key",
            ),
            (
                "-----BEGIN EC PRIVATE KEY-----\nSECRET",
                "openssl pkcs8 -topk8",
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n",
                "no P-256 key",
            ),
        ] {
            let failure = parse(pem).unwrap_err().to_string();
            assert!(failure.contains(said), "{failure}");
            assert!(!failure.contains("SECRET"), "{failure}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", FileKey::known()), "FileKey([redacted])");
    }
}
