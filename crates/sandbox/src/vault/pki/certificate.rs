use rcgen::{
    Certificate, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa,
    KeyUsagePurpose, PublicKeyData, SanType, SerialNumber,
};

use super::lifetime::Lifetime;
use super::names::Names;
use super::{CertificateRequest, PkiRole};
use crate::authority::{distinguished_name, serial_number, set_validity};
use crate::vault::VaultError;

/// A certificate that was made, and what is said about it.
pub(super) struct Signed {
    pub(super) certificate: Certificate,
    pub(super) serial: [u8; 20],
    pub(super) lifetime: Lifetime,
}

impl CertificateRequest<'_> {
    /// Makes the certificate.
    pub(super) fn certificate(
        &self,
        names: &Names,
        lifetime: Lifetime,
        key: &impl PublicKeyData,
    ) -> Result<Signed, VaultError> {
        let failed = |error: rcgen::Error| VaultError::internal(&error.to_string());
        let serial = serial_number(self.conditions.random);
        let mut params = contents(&self.role);
        set_validity(&mut params, lifetime.not_before, lifetime.not_after);
        params.distinguished_name = distinguished_name(&names.common_name);
        params.subject_alt_names = alternative_names(names).map_err(failed)?;
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        if params.is_ca == IsCa::NoCa {
            // rcgen adds the key identifier together with basic constraints only.
            let extension = key_identifier(&params, key);
            params.custom_extensions.push(extension);
        }
        let issuer = &self.issuing.issuer;
        Ok(Signed {
            certificate: issuer.sign(&params, key).map_err(failed)?,
            serial,
            lifetime,
        })
    }
}

fn contents(role: &PkiRole) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = if role.basic_constraints_valid_for_non_ca {
        IsCa::ExplicitNoCa
    } else {
        IsCa::NoCa
    };
    params.key_usages = role.key_usage.iter().filter_map(|n| usage(n)).collect();
    let purposes = [
        (role.server_flag, ExtendedKeyUsagePurpose::ServerAuth),
        (role.client_flag, ExtendedKeyUsagePurpose::ClientAuth),
    ];
    let wanted = purposes.into_iter().filter(|(wanted, _)| *wanted);
    params.extended_key_usages = wanted.map(|(_, purpose)| purpose).collect();
    params.use_authority_key_identifier_extension = true;
    params
}

/// A key usage by Go's name for it.
fn usage(name: &str) -> Option<KeyUsagePurpose> {
    let usage = match name {
        "DigitalSignature" => KeyUsagePurpose::DigitalSignature,
        "ContentCommitment" => KeyUsagePurpose::ContentCommitment,
        "KeyEncipherment" => KeyUsagePurpose::KeyEncipherment,
        "DataEncipherment" => KeyUsagePurpose::DataEncipherment,
        "KeyAgreement" => KeyUsagePurpose::KeyAgreement,
        _ => return None,
    };
    Some(usage)
}

fn alternative_names(names: &Names) -> Result<Vec<SanType>, rcgen::Error> {
    let mut all = Vec::new();
    for name in &names.dns {
        all.push(SanType::DnsName(name.as_str().try_into()?));
    }
    for address in &names.emails {
        all.push(SanType::Rfc822Name(address.as_str().try_into()?));
    }
    for uri in &names.uris {
        all.push(SanType::URI(uri.as_str().try_into()?));
    }
    all.extend(names.ips.iter().copied().map(SanType::IpAddress));
    Ok(all)
}

/// RFC 5280 §4.2.1.2: an octet string, here of 20 bytes.
fn key_identifier(params: &CertificateParams, key: &impl PublicKeyData) -> CustomExtension {
    let mut content = vec![0x04, 20];
    content.extend(params.key_identifier(key).iter().take(20));
    CustomExtension::from_oid_content(&[2, 5, 29, 14], content)
}
