use std::fmt;

use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

/// A certificate with everything that is delivered with it.
///
/// That the key is the certificate's, and that the certificates fit each
/// other, is checked where the set comes from.
#[expect(
    clippy::exhaustive_structs,
    reason = "a plain argument, made by the caller"
)]
pub struct CertificateSet {
    /// The end-entity certificate.
    pub end_entity: CertificateDer<'static>,
    /// The certificates between it and the root, the issuer first; without the
    /// root and without repetitions.
    pub intermediates: Vec<CertificateDer<'static>>,
    /// The certificate of the CA that issued it, root or not, if it is known.
    pub issuing_ca: Option<CertificateDer<'static>>,
    /// What the server calls the chain, as it was served.
    pub ca_chain: Vec<CertificateDer<'static>>,
    /// The private key.
    pub private_key: Zeroizing<PrivatePkcs8KeyDer<'static>>,
    /// The private key in the form in which the server made it, if it did.
    pub served_private_key: Option<Zeroizing<PrivateKeyDer<'static>>>,
}

/// Shows how many certificates there are; the key never.
impl fmt::Debug for CertificateSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateSet")
            .field("end_entity_bytes", &self.end_entity.len())
            .field("intermediates", &self.intermediates.len())
            .field("issuing_ca", &self.issuing_ca.is_some())
            .field("ca_chain", &self.ca_chain.len())
            .finish_non_exhaustive()
    }
}
