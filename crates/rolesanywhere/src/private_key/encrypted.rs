use der::asn1::OctetString;
use der::{Decode as _, Sequence};
use secrecy::{ExposeSecret as _, SecretString};
use spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use super::InvalidPrivateKey;
use super::pbes2::{self, Closed};

/// `EncryptedPrivateKeyInfo` (RFC 5958, section 3).
#[derive(Sequence)]
struct EncryptedPrivateKeyInfo {
    algorithm: AlgorithmIdentifierOwned,
    encrypted: OctetString,
}

/// The PKCS#8 key in `der`, an `EncryptedPrivateKeyInfo`.
pub(super) fn open(
    der: &[u8],
    passphrase: &SecretString,
) -> Result<Zeroizing<Vec<u8>>, InvalidPrivateKey> {
    let info =
        EncryptedPrivateKeyInfo::from_der(der).map_err(|_| InvalidPrivateKey::DamagedEncryption)?;
    let passphrase = passphrase.expose_secret().as_bytes();
    Ok(pbes2::decrypt(
        &info.algorithm,
        passphrase,
        info.encrypted.as_bytes(),
    )?)
}

impl From<Closed> for InvalidPrivateKey {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Unsupported(scheme) => Self::UnsupportedEncryption { scheme },
            Closed::TooCostly(scheme) => Self::TooCostly { scheme },
            Closed::Damaged => Self::DamagedEncryption,
            Closed::WrongPassphrase(scheme) => Self::WrongPassphrase { scheme },
        }
    }
}

#[cfg(test)]
mod tests;
