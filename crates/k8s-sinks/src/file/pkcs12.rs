use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use der::{
    Encode as _,
    asn1::{BmpString, OctetString},
};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use self::{
    encryption::{ITERATIONS, encrypt},
    mac::mac,
    opening::opened,
    salts::Salts,
    structure::{Bag, EncryptedContents, Pfx, ShroudedKey},
};
use super::CertificateSet;
use crate::Error;

mod encryption;
mod mac;
mod opening;
mod salts;
mod structure;

/// A PKCS#12 key store (RFC 7292): the private key, its certificate and the
/// intermediates in one file under a password, as Java and Windows want them.
///
/// Keys and certificates are encrypted by PBES2 (PBKDF2-HMAC-SHA256,
/// AES-256-CBC), and the whole is authenticated by HMAC-SHA256: what OpenSSL 3
/// and Java since 8u301 read and write by themselves. Older readers, which know
/// RC2 and Triple-DES only, are not served.
#[derive(Clone)]
pub struct Pkcs12 {
    password: SecretString,
    friendly_name: BmpString,
}

impl Pkcs12 {
    /// Key stores under this password, in which the key is found by this name
    /// (Java: alias, which it reads in lower case).
    ///
    /// The password has only printable ASCII characters: for others, readers
    /// differ in how they are encoded, and would not open the file.
    pub fn new(password: SecretString, friendly_name: &str) -> Result<Self, Error> {
        let text = password.expose_secret();
        if text.is_empty() || !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(Error::BadKeyStorePassword);
        }
        let bad_name = || Error::BadFriendlyName {
            name: friendly_name.to_owned(),
        };
        if friendly_name.is_empty() || friendly_name.chars().any(char::is_control) {
            return Err(bad_name());
        }
        let friendly_name = BmpString::from_utf8(friendly_name).map_err(|_| bad_name())?;
        Ok(Self {
            password,
            friendly_name,
        })
    }

    /// The key store of a set. Pure: the same set, password and name give the
    /// same bytes, so that an unchanged file is seen to be one.
    pub fn encode(&self, set: &CertificateSet) -> Result<Zeroizing<Vec<u8>>, Error> {
        let password = self.password.expose_secret();
        let salts = Salts::new(password, self.friendly_name.as_bytes(), set);
        self.encoded(set, &salts)
            .map(Zeroizing::new)
            .map_err(|_| Error::NotEncodable { label: "PKCS#12" })
    }

    /// Whether a stored key store is the one that [`Pkcs12::encode`] makes for
    /// the set that `cert.pem` is of: under this password, with this name.
    ///
    /// The PEM files do not tell the whole set in each layout, so it is taken
    /// from the key store itself, and encoded anew. That costs five derivations
    /// of a key, whatever number of rounds the file asks for.
    pub(crate) fn is_of(&self, key_store: &[u8], certificate: &[u8]) -> bool {
        let opened = opened(self.password.expose_secret(), key_store);
        let end_entity = CertificateDer::from_pem_slice(certificate);
        let (Ok(set), Ok(end_entity)) = (opened, end_entity) else {
            return false;
        };
        set.end_entity == end_entity
            && self
                .encode(&set)
                .is_ok_and(|encoded| encoded.as_slice() == key_store)
    }

    fn encoded(&self, set: &CertificateSet, salts: &Salts) -> der::Result<Vec<u8>> {
        let password = self.password.expose_secret();
        let certificates = self.certificates(set)?.to_der()?;
        let (algorithm, certificates) =
            encrypt(password, &salts.of("certificates"), &certificates)?;
        let certificates = EncryptedContents::new(algorithm, certificates)?;

        let key = set.private_key.secret_pkcs8_der();
        let (algorithm, key) = encrypt(password, &salts.of("private key"), key)?;
        let key = Bag::key(&ShroudedKey::new(algorithm, key)?, self.attributes(set)?)?;

        let contents = Pfx::contents(&certificates, key)?;
        let salt = salts.of("mac").salt;
        let tag = mac(password, &salt, &contents);
        Pfx::new(&contents, tag, &salt, ITERATIONS)?.to_der()
    }

    /// The end-entity certificate bears the key's name and identifier; Java
    /// finds the intermediates by the names of their issuers.
    fn certificates(&self, set: &CertificateSet) -> der::Result<Vec<Bag>> {
        let end_entity = Bag::certificate(&set.end_entity, Some(self.attributes(set)?))?;
        let others = set.intermediates.iter();
        let others = others.map(|certificate| Bag::certificate(certificate, None));
        std::iter::once(Ok(end_entity)).chain(others).collect()
    }

    fn attributes(&self, set: &CertificateSet) -> der::Result<structure::Attributes> {
        let local_key_id = OctetString::new(digest(&SHA256, &set.end_entity).as_ref())?;
        structure::attributes(&self.friendly_name, &local_key_id)
    }
}

/// Shows the name; the password never.
impl fmt::Debug for Pkcs12 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs12")
            .field("friendly_name", &self.friendly_name.to_string())
            .finish_non_exhaustive()
    }
}
