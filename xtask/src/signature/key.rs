use std::path::PathBuf;

use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::EncodePublicKey as _;
use secrecy::SecretString;

use super::key_file::FileKey;
#[cfg(feature = "kms")]
use super::kms::KmsKey;
use crate::Failure;
use crate::failure::Result;

/// What it takes to use a key, beside its name.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct KeyAccess {
    /// A file with the passphrase of the key file; else `COSIGN_PASSWORD` has it.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Where KMS is, for tests against a stand-in.
    #[arg(long, value_name = "URL")]
    pub(crate) kms_endpoint: Option<String>,
}

/// A key on P-256 that signs what is released, wherever it lives.
#[derive(Debug)]
pub(crate) enum SigningKey {
    File(FileKey),
    #[cfg(feature = "kms")]
    Kms(KmsKey),
}

impl SigningKey {
    /// The key of this name: a PEM file, or `awskms:///alias/NAME` as cosign has it.
    pub(crate) fn open(reference: &str, access: &KeyAccess) -> Result<Self> {
        match reference.split_once("://") {
            None => Ok(Self::File(FileKey::read(reference.as_ref(), access)?)),
            #[cfg(feature = "kms")]
            Some(("awskms", _)) => {
                let endpoint = access.kms_endpoint.as_deref();
                Ok(Self::Kms(KmsKey::open(reference, endpoint)?))
            }
            Some((scheme, _)) => Err(Failure::new(format!(
                "no key of {scheme} signs here: name a PEM file, or one in KMS as awskms:///alias/NAME"
            ))),
        }
    }

    /// ECDSA over SHA-256 in its DER form, and checked: a signature that nobody can verify
    /// is found here and not by a user.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let (der, public) = match self {
            Self::File(key) => (key.sign(message), key.public_key()),
            #[cfg(feature = "kms")]
            Self::Kms(key) => (key.sign(message)?, key.public_key()),
        };
        let signature = Signature::from_der(&der).and_then(|it| public.verify(message, &it));
        signature.map_err(|_| {
            Failure::new("the signature does not verify by the key's own public key")
        })?;
        Ok(der)
    }

    pub(super) fn public_key(&self) -> &VerifyingKey {
        match self {
            Self::File(key) => key.public_key(),
            #[cfg(feature = "kms")]
            Self::Kms(key) => key.public_key(),
        }
    }

    /// As `SubjectPublicKeyInfo`, DER.
    pub(super) fn public_key_der(&self) -> Result<Vec<u8>> {
        let der = self.public_key().to_public_key_der();
        let der = der.map_err(|error| Failure::new(format!("the public key: {error}")))?;
        Ok(der.into_vec())
    }
}

impl KeyAccess {
    /// What protects a key file: nothing where neither a file nor the variable has it.
    pub(super) fn passphrase(&self) -> Result<Option<SecretString>> {
        let Some(file) = &self.passphrase_file else {
            return Ok(std::env::var("COSIGN_PASSWORD").ok().map(Into::into));
        };
        let text = std::fs::read_to_string(file).map(SecretString::from);
        let text = text.map_err(|error| Failure::file(file, &error))?;
        let line = secrecy::ExposeSecret::expose_secret(&text);
        Ok(Some(line.trim_end_matches(['\r', '\n']).into()))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// One that everybody knows.
    pub(in crate::signature) fn known() -> SigningKey {
        SigningKey::File(FileKey::known())
    }

    #[test]
    fn what_signs_is_named() {
        let open = |reference| SigningKey::open(reference, &KeyAccess::default());
        let failure = open("gcpkms://projects/x").unwrap_err().to_string();
        assert!(
            failure.contains("gcpkms") && failure.contains("awskms"),
            "{failure}"
        );
        let failure = open("/nowhere/key.pem").unwrap_err().to_string();
        assert!(failure.contains("/nowhere/key.pem"), "{failure}");
    }

    #[test]
    fn a_signature_is_the_same_each_time_and_of_its_message_only() {
        let key = known();
        let der = key.sign(b"message").unwrap();
        assert_eq!(der, key.sign(b"message").unwrap());
        let signature = Signature::from_der(&der).unwrap();
        key.public_key().verify(b"message", &signature).unwrap();
        key.public_key().verify(b"massage", &signature).unwrap_err();
    }

    #[test]
    fn a_passphrase_is_a_line_and_is_shown_nowhere() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), " correct horse\r\n").unwrap();
        let access = KeyAccess {
            passphrase_file: Some(file.path().to_owned()),
            ..KeyAccess::default()
        };
        let passphrase = access.passphrase().unwrap().unwrap();
        assert_eq!(
            secrecy::ExposeSecret::expose_secret(&passphrase),
            " correct horse"
        );
        assert!(!format!("{access:?}{passphrase:?}").contains("horse"));
    }
}
