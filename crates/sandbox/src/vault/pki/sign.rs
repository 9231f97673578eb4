use super::CertificateRequest;
use super::names::Names;
use super::parameters::Parameters;
use super::signing_request::SigningRequest;
use crate::answer::Answer;
use crate::vault::VaultError;

impl CertificateRequest<'_> {
    /// `sign`: a certificate for the client's own key.
    pub(super) fn sign(&self) -> Result<Answer, VaultError> {
        let mut parameters = Parameters::read(self.request, &["csr"])?;
        let csr = SigningRequest::read(&parameters.csr)?;
        csr.check_key(self.role)?;
        let names = Names::of_signing_request(&csr, &mut parameters, self.role)?;
        let lifetime = self.lifetime(&mut parameters)?;
        let signed = self.certificate(&names, lifetime, &csr.public_key)?;
        self.output(&signed, None, parameters)
    }
}
