use std::fmt;

use cryptoki::object::Attribute;
use secrecy::SecretString;

use super::Pkcs11Error;
use super::module::{Pkcs11Module, Token};
use super::signature::Scheme;
use crate::{Signer, SigningAlgorithm, SigningError};

/// A key on a token: the [`Signer`] for security modules and smart cards.
///
/// Each signature has a session of its own, so that a token that was taken out
/// and put back, or a module that was restarted, is no obstacle. The caller
/// waits meanwhile, for a touch, too.
pub struct Pkcs11Signer {
    pub(super) module: Pkcs11Module,
    pub(super) token: Token,
    pub(super) key: Vec<Attribute>,
    pub(super) scheme: Scheme,
    pub(super) pin: Option<SecretString>,
    pub(super) public_key: Vec<u8>,
}

impl Pkcs11Signer {
    fn raw(&self, message: &[u8]) -> Result<Vec<u8>, Pkcs11Error> {
        let failed = |error| Pkcs11Error::of(&self.token.label, &error);
        let session = self.module.open(&self.token, self.pin.as_ref())?;
        let keys = session.find_objects(&self.key).map_err(failed)?;
        let [key, ..] = keys[..] else {
            return Err(Pkcs11Error::NoObject {
                what: "private key",
                uri: self.token.label.clone(),
            });
        };
        let input = self.scheme.input(message);
        session
            .sign(&self.scheme.mechanism(), key, &input)
            .map_err(failed)
    }
}

impl Signer for Pkcs11Signer {
    fn algorithm(&self) -> SigningAlgorithm {
        self.scheme.algorithm()
    }

    fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let raw = self
            .raw(message)
            .map_err(|error| SigningError::new(error.to_string()))?;
        self.scheme.output(raw)
    }
}

/// Shows the token, and of the PIN nothing.
impl fmt::Debug for Pkcs11Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11Signer")
            .field("token", &self.token.label)
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}
