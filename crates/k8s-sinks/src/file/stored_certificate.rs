use std::fmt;

use zeroize::Zeroizing;

/// The files of a certificate set, as they were found on disk.
#[non_exhaustive]
pub struct StoredCertificate {
    /// `cert.pem`: the end-entity certificate first.
    pub certificate: Zeroizing<Vec<u8>>,
    /// `chain.pem`, if there is one.
    pub chain: Option<Zeroizing<Vec<u8>>>,
    /// `private.pem`.
    pub private_key: Zeroizing<Vec<u8>>,
    /// Whether the files may be of the folder's layout, with a key store of
    /// this password and name where one is asked for. If not, they were written
    /// with other settings.
    pub is_as_asked: bool,
}

/// Shows sizes: the key is not shown.
impl fmt::Debug for StoredCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredCertificate")
            .field("certificate_bytes", &self.certificate.len())
            .field("chain_bytes", &self.chain.as_ref().map(|text| text.len()))
            .field("is_as_asked", &self.is_as_asked)
            .finish_non_exhaustive()
    }
}
