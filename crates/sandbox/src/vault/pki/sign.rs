use super::names::Names;
use super::parameters::Parameters;
use super::signing_request::SigningRequest;
use super::{CertificateRequest, Issued};
use crate::vault::VaultError;

impl CertificateRequest<'_> {
    /// `sign`: a certificate for the client's own key; or `sign-verbatim`, which
    /// puts in what the signing request says.
    pub(super) fn sign(&self, verbatim: bool) -> Result<Issued, VaultError> {
        let own: &[&str] = if verbatim {
            &[
                "csr",
                "key_usage",
                "ext_key_usage",
                "use_pss",
                "signature_bits",
            ]
        } else {
            &["csr"]
        };
        let mut parameters = Parameters::read(self.request, own)?;
        if verbatim {
            // No name gets in but those of the signing request.
            parameters.exclude_cn_from_sans = true;
        }
        let csr = SigningRequest::read(&parameters.csr)?;
        csr.check_key(&self.role)?;
        let names = Names::of_signing_request(&csr, &mut parameters, &self.role)?;
        let lifetime = self.lifetime(&mut parameters)?;
        let signed = self.certificate(&names, lifetime, &csr.public_key)?;
        self.output(&signed, None, parameters)
    }
}
