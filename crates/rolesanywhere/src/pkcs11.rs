//! Keys and certificates on tokens, by PKCS#11.

use std::path::PathBuf;

use cryptoki::error::{Error as Cryptoki, RvError};

use crate::InvalidCertificate;

mod module;
mod signature;
mod signer;
mod uri;

pub use module::Pkcs11Module;
pub use signer::Pkcs11Signer;
pub use uri::{InvalidPkcs11Uri, PinSource, Pkcs11Uri};

/// Why a token does not give what it is asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Pkcs11Error {
    /// The library could not be loaded.
    #[error("cannot load the PKCS#11 library {}: {reason}", path.display())]
    NotLoaded {
        /// The library.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// No token is what the URI says.
    #[error("no token of {} is {uri}; there are: {}", library.display(), found(tokens))]
    NoToken {
        /// The library that was asked.
        library: PathBuf,
        /// The URI.
        uri: String,
        /// The labels of the tokens there are.
        tokens: Vec<String>,
    },
    /// The token has no such object.
    #[error("there is no {what} for {uri}")]
    NoObject {
        /// `certificate` or `private key`.
        what: &'static str,
        /// The URI.
        uri: String,
    },
    /// More than one certificate is what the URI says.
    #[error("{count} certificates are {uri}")]
    Several {
        /// The URI.
        uri: String,
        /// How many.
        count: usize,
    },
    /// More than one token wants a PIN: it is given to none of them, as each
    /// counts wrong ones.
    #[error("several tokens are {uri}: {}", tokens.join(", "))]
    SeveralTokens {
        /// The URI.
        uri: String,
        /// Their labels.
        tokens: Vec<String>,
    },
    /// None of the keys is the certificate's.
    #[error("no private key of {uri} belongs to the certificate of {subject}")]
    OtherKey {
        /// The URI.
        uri: String,
        /// The certificate's subject.
        subject: String,
    },
    /// The token wants a PIN, and none was given.
    #[error("the token {token} wants a PIN, and none was given")]
    PinMissing {
        /// The token's label.
        token: String,
    },
    /// The token refused the PIN; some more, and it locks itself.
    #[error("the token {token} refused the PIN")]
    WrongPin {
        /// The token's label.
        token: String,
    },
    /// The token takes no PIN any more.
    #[error("the PIN of the token {token} is locked")]
    PinLocked {
        /// The token's label.
        token: String,
    },
    /// The certificate's key is neither RSA nor on a curve.
    #[error("PKCS#11 keys are RSA or EC; this certificate's is neither")]
    UnsupportedKey,
    /// A certificate on the token cannot be read.
    #[error("invalid certificate on the token")]
    Certificate(#[source] InvalidCertificate),
    /// A call failed in another way.
    #[error("the token {token} failed: {reason}")]
    Failed {
        /// The token's label.
        token: String,
        /// What the library says.
        reason: String,
    },
}

impl Pkcs11Error {
    fn of(token: &str, error: &Cryptoki) -> Self {
        let token = token.to_owned();
        match error {
            Cryptoki::Pkcs11(
                RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange,
                _,
            ) => Self::WrongPin { token },
            Cryptoki::Pkcs11(RvError::PinLocked, _) => Self::PinLocked { token },
            _ => Self::Failed {
                token,
                reason: error.to_string(),
            },
        }
    }
}

fn found(tokens: &[String]) -> String {
    if tokens.is_empty() {
        "none".to_owned()
    } else {
        tokens.join(", ")
    }
}
