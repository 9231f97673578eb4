use super::key::IssuedKey;
use super::names::Names;
use super::parameters::Parameters;
use super::{CertificateRequest, Issued};
use crate::vault::VaultError;

impl CertificateRequest<'_> {
    /// `issue`: a certificate and the key that the server made for it.
    pub(super) fn issue(&self) -> Result<Issued, VaultError> {
        let mut parameters = Parameters::read(self.request, &["key_bits", "key_type"])?;
        let (kind, bits) = self.key_type(&mut parameters)?;
        let names = Names::of_parameters(&parameters, &self.role)?;
        let lifetime = self.lifetime(&mut parameters)?;
        let key = IssuedKey::generate(&kind, bits)?;
        let signed = self.certificate(&names, lifetime, &key.pair)?;
        self.output(&signed, Some(&key), parameters)
    }

    /// The role's type; a role for any type has the client choose.
    fn key_type(&self, parameters: &mut Parameters) -> Result<(String, u32), VaultError> {
        let asked = !parameters.key_type.is_empty() || parameters.key_bits != 0;
        if self.role.key_type != "any" {
            if asked {
                parameters.warnings.push(
                    "parameters key_type and key_bits ignored as role had specific values".into(),
                );
            }
            return Ok((self.role.key_type.clone(), self.role.key_bits));
        }
        if parameters.key_type.is_empty() {
            return Err(VaultError::bad_request(
                "role key type \"any\" not allowed for issuing certificates without providing key_type and/or key_bits request parameters",
            ));
        }
        Ok((parameters.key_type.clone(), parameters.key_bits))
    }
}
