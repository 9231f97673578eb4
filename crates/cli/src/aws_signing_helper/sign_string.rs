use rolesanywhere::{
    DigestAlgorithm, InvalidIdentity, Pkcs12, PrivateKey, Signer as _, SigningAlgorithm,
};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

use super::read_key_file;
use super::translation::Flags;
use crate::failure::Failure;
use crate::output;

/// `sign-string`.
#[derive(Debug)]
pub(super) struct Request {
    key: String,
    passphrase: Option<SecretString>,
    digest: DigestAlgorithm,
    form: Form,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Json,
    Text,
    Bytes,
}

impl Request {
    pub(super) fn new(flags: &Flags<'_>) -> Result<Self, Failure> {
        let certificate = flags.certificate()?;
        Ok(Self {
            key: flags.text("private-key").map_or(certificate, str::to_owned),
            passphrase: flags.text("pkcs8-password").map(Into::into),
            digest: match flags.text("digest") {
                Some("SHA384") => DigestAlgorithm::Sha384,
                Some("SHA512") => DigestAlgorithm::Sha512,
                _ => DigestAlgorithm::Sha256,
            },
            form: match flags.text("format") {
                Some("text") => Form::Text,
                Some("bin") => Form::Bytes,
                _ => Form::Json,
            },
        })
    }

    /// Prints the signature, without a newline.
    pub(super) fn answer(&self) -> Result<(), Failure> {
        let text = read_key_file(&self.key)?;
        let key = self.private_key(&text);
        let key = key.map_err(|error| Failure::from(error).about(&self.key))?;
        let signature = key
            .sign_with(self.digest, &text_of(&key))
            .map_err(|error| Failure::from(rolesanywhere::Error::Signing(error)))?;
        match self.form {
            Form::Json => output::print(&format!("\"{}\"", hex::encode(signature))),
            Form::Text => output::print(&hex::encode(signature)),
            Form::Bytes => output::print_bytes(&signature),
        }
    }

    fn private_key(&self, text: &[u8]) -> Result<PrivateKey, InvalidIdentity> {
        let passphrase = self.passphrase.as_ref();
        if Pkcs12::recognises(text) {
            let opened = Pkcs12::open(text, passphrase).map_err(InvalidIdentity::Pkcs12);
            return opened?.private_key();
        }
        PrivateKey::from_pem_with(text, passphrase).map_err(InvalidIdentity::PrivateKey)
    }
}

/// The helper's fixed text, which depends on the key alone: nobody can have
/// anything signed that way. Of a key that hashes by itself, it leaves the key's
/// part out.
fn text_of(key: &PrivateKey) -> Vec<u8> {
    let mut text = b"AWS Roles Anywhere Credential Helper Signing Test1".to_vec();
    let algorithm = key.algorithm();
    if matches!(
        algorithm,
        SigningAlgorithm::RsaSha256 | SigningAlgorithm::EcdsaSha256
    ) {
        let hash = Sha256::new()
            .chain_update("IAM RA")
            .chain_update(key.public_key());
        text.extend_from_slice(&hash.finalize());
    }
    text
}
