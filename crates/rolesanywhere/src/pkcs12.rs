use std::fmt;

use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use secrecy::{ExposeSecret as _, SecretString};
use spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use crate::private_key::pbes2::Closed;
use crate::{Certificate, Identity, InvalidIdentity, InvalidPrivateKey, PrivateKey, Signer as _};

mod decrypt;
mod derivation;
mod mac;
mod password;
mod structure;

use password::Password;
use structure::{Bag, Content, Pfx};

/// A PKCS#12 file, opened: a private key and certificates
/// ([RFC 7292](https://www.rfc-editor.org/rfc/rfc7292)).
///
/// Read are the algorithms of old (3DES and RC2 with SHA-1, as OpenSSL 1,
/// Windows and older Java write them), those of OpenSSL 3 (PBES2, SHA-2), and
/// PBMAC1 ([RFC 9579](https://www.rfc-editor.org/rfc/rfc9579)).
pub struct Pkcs12 {
    keys: Vec<Zeroizing<Vec<u8>>>,
    certificates: Vec<CertificateDer<'static>>,
}

/// Why a PKCS#12 file cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPkcs12 {
    /// The file has a passphrase, and none was given.
    #[error("the PKCS#12 file has a passphrase, and none was given")]
    PassphraseMissing,
    /// The passphrase that was given is another one.
    #[error("the passphrase does not open the PKCS#12 file")]
    WrongPassphrase,
    /// An algorithm that is not read here.
    #[error("the PKCS#12 file is protected by {scheme}, which is not supported")]
    Unsupported {
        /// The algorithm.
        scheme: String,
    },
    /// The file asks for more work than a passphrase is worth.
    #[error("to open the PKCS#12 file would take too much memory or time ({scheme})")]
    TooCostly {
        /// The algorithm.
        scheme: String,
    },
    /// The file was cut off, or is not what it says.
    #[error("the PKCS#12 file is damaged, or not in DER")]
    Damaged,
}

impl Pkcs12 {
    /// Whether these bytes want to be a PKCS#12 file: a sequence of the number
    /// three and another sequence.
    pub fn recognises(bytes: &[u8]) -> bool {
        let [0x30, length, rest @ ..] = bytes else {
            return false;
        };
        let more = if *length > 0x80 {
            usize::from(length & 0x7f)
        } else {
            0
        };
        rest.get(more..)
            .is_some_and(|rest| rest.starts_with(&[0x02, 0x01, 0x03, 0x30]))
    }

    /// Opens a file; without a passphrase it is tried whether it has none.
    pub fn open(bytes: &[u8], passphrase: Option<&SecretString>) -> Result<Self, InvalidPkcs12> {
        let pfx = Pfx::parse(bytes)?;
        let text = passphrase.map_or("", |passphrase| passphrase.expose_secret());
        let opened = Password::candidates(text)
            .into_iter()
            .map(|password| Self::opened(&pfx, &password))
            .reduce(|first, second| match first {
                Err(InvalidPkcs12::WrongPassphrase) => second,
                first => first,
            });
        match opened {
            Some(Err(InvalidPkcs12::WrongPassphrase)) if passphrase.is_none() => {
                Err(InvalidPkcs12::PassphraseMissing)
            }
            Some(opened) => opened,
            None => Err(InvalidPkcs12::WrongPassphrase),
        }
    }

    fn opened(pfx: &Pfx, password: &Password) -> Result<Self, InvalidPkcs12> {
        if let Some(mac) = &pfx.mac {
            mac::verify(mac, &pfx.contents, password)?;
        }
        let mut opening = Opening {
            password,
            budget: MAX_ENCRYPTED,
        };
        let mut opened = Self {
            keys: Vec::new(),
            certificates: Vec::new(),
        };
        for content in pfx.contents()? {
            for bag in opening.bags(content)? {
                match bag {
                    Bag::Key(key) => opened.keys.push(key),
                    Bag::ShroudedKey(algorithm, ciphertext) => {
                        opened.keys.push(opening.decrypt(&algorithm, &ciphertext)?);
                    }
                    Bag::Certificate(der) => opened.certificates.push(der.into()),
                    Bag::Other => {}
                }
            }
        }
        Ok(opened)
    }

    /// The certificate that belongs to the key, and all others. Where there is
    /// no key the first certificate is taken.
    pub fn certificates(&self) -> Result<(Certificate, Vec<Certificate>), InvalidIdentity> {
        let key = match &self.keys[..] {
            [] => None,
            _ => Some(self.private_key()?),
        };
        self.sorted(key.as_ref())
    }

    /// The identity in the file, with more intermediates from outside.
    pub fn into_identity(
        self,
        intermediates: Vec<Certificate>,
    ) -> Result<Identity, InvalidIdentity> {
        let key = self.private_key()?;
        let (certificate, mut others) = self.sorted(Some(&key))?;
        others.extend(intermediates);
        Identity::new(certificate, others, std::sync::Arc::new(key))
    }

    /// The one private key in the file, without its certificate.
    pub fn private_key(&self) -> Result<PrivateKey, InvalidIdentity> {
        let key = match &self.keys[..] {
            [key] => PrivateKey::from_der(&PrivatePkcs8KeyDer::from(key.as_slice()).into()),
            [] => Err(InvalidPrivateKey::Missing),
            _ => Err(InvalidPrivateKey::Several),
        };
        key.map_err(InvalidIdentity::PrivateKey)
    }

    /// Of several certificates of one key, the one that is valid longest.
    fn sorted(
        &self,
        key: Option<&PrivateKey>,
    ) -> Result<(Certificate, Vec<Certificate>), InvalidIdentity> {
        let mut certificates = self
            .certificates
            .iter()
            .map(|der| Certificate::from_der(der.clone()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(InvalidIdentity::Certificate)?;
        if certificates.is_empty() {
            return Err(InvalidIdentity::NoCertificate {
                source_name: "certificate",
            });
        }
        let is_own = |certificate: &Certificate| {
            key.is_some_and(|key| key.public_key() == certificate.public_key())
        };
        let own = certificates.iter().enumerate();
        let own = own.filter(|(_, certificate)| is_own(certificate));
        let own = own.max_by_key(|(_, certificate)| certificate.not_after());
        // Without one of its own the key is refused with the first.
        let index = own.map_or(0, |(index, _)| index);
        let certificate = certificates.remove(index);
        certificates.retain(|other| !is_own(other));
        Ok((certificate, certificates))
    }
}

/// Decrypts the parts of a file, and not many of them.
struct Opening<'a> {
    password: &'a Password,
    budget: usize,
}

impl Opening<'_> {
    fn bags(&mut self, content: Content) -> Result<Vec<Bag>, InvalidPkcs12> {
        match content {
            Content::Plain(bags) => Ok(bags),
            Content::Encrypted(algorithm, ciphertext) => {
                structure::bags(&self.decrypt(&algorithm, &ciphertext)?)
            }
        }
    }

    fn decrypt(
        &mut self,
        algorithm: &AlgorithmIdentifierOwned,
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, InvalidPkcs12> {
        let many = || InvalidPkcs12::TooCostly {
            scheme: "many encrypted parts".to_owned(),
        };
        self.budget = self.budget.checked_sub(1).ok_or_else(many)?;
        decrypt::decrypt(algorithm, self.password, ciphertext)
    }
}

/// Says how much there is.
impl fmt::Debug for Pkcs12 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs12")
            .field("keys", &self.keys.len())
            .field("certificates", &self.certificates.len())
            .finish()
    }
}

impl From<Closed> for InvalidPkcs12 {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Unsupported(scheme) => Self::Unsupported { scheme },
            Closed::TooCostly(scheme) => Self::TooCostly { scheme },
            Closed::Damaged => Self::Damaged,
            Closed::WrongPassphrase(_) => Self::WrongPassphrase,
        }
    }
}

/// Each costs a derivation; files have two.
const MAX_ENCRYPTED: usize = 4;

#[cfg(test)]
mod tests;
