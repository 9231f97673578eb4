use std::fmt;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyUsagePurpose, SerialNumber};
use secrecy::SecretString;

use super::{Authority, distinguished_name, generate_key, serial_number, set_validity};
use crate::Error;
use crate::random::Random;

/// A certificate and key that a TLS client shows.
#[derive(Clone)]
pub struct ClientCertificate {
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// Its key, PKCS #8 in PEM.
    pub key_pem: SecretString,
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClientCertificate")
            .field("certificate_pem", &self.certificate_pem)
            .finish_non_exhaustive()
    }
}

/// A certificate for a client of that name, valid for an hour.
pub(crate) fn client_certificate(
    authority: &Authority,
    common_name: &str,
    now: SystemTime,
    random: &Random,
) -> Result<ClientCertificate, Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(common_name);
    params.serial_number = Some(SerialNumber::from_slice(&serial_number(random)));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.is_ca = rcgen::IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    let minute = Duration::from_secs(60);
    set_validity(&mut params, now - minute, now + 60 * minute);
    let key = generate_key()?;
    let certificate = authority
        .sign(&params, &key)
        .map_err(Error::authority("client certificate"))?;
    Ok(ClientCertificate {
        certificate_pem: certificate.pem(),
        key_pem: key.serialize_pem().into(),
    })
}
