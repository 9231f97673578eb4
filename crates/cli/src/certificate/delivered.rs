use std::path::PathBuf;
use std::time::SystemTime;

use refresh::{Expires, Lifetime};
use rolesanywhere::{Certificate, IssuedBy};

/// A certificate that stands in its folder: what is known of it, and no key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Delivered {
    pub(crate) serial: String,
    pub(crate) not_before: SystemTime,
    pub(crate) not_after: SystemTime,
    /// When the certificate of its issuer ends, where that is known.
    pub(crate) issuer_not_after: Option<SystemTime>,
    /// When the root ends, where Vault has served it: it is not on disk.
    pub(crate) ca_not_after: Option<SystemTime>,
    pub(crate) folder: PathBuf,
}

impl Delivered {
    /// From a certificate and those above it, its issuer first.
    pub(crate) fn new(certificate: &Certificate, above: &[Certificate], folder: PathBuf) -> Self {
        Self {
            serial: certificate.serial_hex(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            issuer_not_after: above.first().map(Certificate::not_after),
            ca_not_after: above
                .last()
                .filter(|uppermost| uppermost.issued_by(uppermost) != IssuedBy::Other)
                .map(Certificate::not_after),
            folder,
        }
    }
}

impl Expires for Delivered {
    fn lifetime(&self) -> Lifetime {
        Lifetime::new(self.not_before, self.not_after)
    }
}
