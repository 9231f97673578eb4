use der::{Decode as _, ErrorKind};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use super::{
    encryption::decrypt,
    structure::{Bag, Pfx},
};
use crate::file::CertificateSet;

/// The set in a key store of the form that we write.
///
/// Nothing is authenticated here: who wants to know whether the file is ours
/// encodes the set anew, and any other form gives other bytes.
pub(super) fn opened(password: &str, key_store: &[u8]) -> der::Result<CertificateSet> {
    let (certificates, key) = Pfx::from_der(key_store)?.encrypted()?;
    let (scheme, encrypted) = certificates.parts();
    let bags = Vec::<Bag>::from_der(&decrypt(password, scheme, encrypted)?)?;
    let certificates = bags.into_iter().map(Bag::into_certificate);
    let certificates: der::Result<Vec<Vec<u8>>> = certificates.collect();
    let mut certificates = certificates?.into_iter().map(CertificateDer::from);
    let (scheme, encrypted) = key.parts();
    let mut key = decrypt(password, scheme, encrypted)?;
    Ok(CertificateSet {
        end_entity: certificates.next().ok_or(ErrorKind::Failed)?,
        intermediates: certificates.collect(),
        issuing_ca: None,
        ca_chain: Vec::new(),
        private_key: Zeroizing::new(PrivatePkcs8KeyDer::from(std::mem::take(&mut *key))),
        served_private_key: None,
    })
}
