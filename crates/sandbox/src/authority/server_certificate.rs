use std::time::SystemTime;

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyUsagePurpose, SerialNumber};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::{Authority, DAY, distinguished_name, generate_key, serial_number, set_validity};
use crate::Error;
use crate::random::Random;

/// What a TLS server shows.
pub(crate) struct ServerIdentity {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivateKeyDer<'static>,
}

/// A certificate for loopback by all its names, and for `more`.
pub(crate) fn server_identity(
    authority: &Authority,
    more: &[&str],
    now: SystemTime,
    random: &Random,
) -> Result<ServerIdentity, Error> {
    let what = "server certificate";
    let names = ["localhost", "127.0.0.1", "::1"].iter().chain(more);
    let names: Vec<_> = names.map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).map_err(Error::authority(what))?;
    params.distinguished_name = distinguished_name("localhost");
    params.serial_number = Some(SerialNumber::from_slice(&serial_number(random)));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params, now - DAY, now + 365 * DAY);
    let key = generate_key()?;
    let certificate = authority
        .sign(&params, &key)
        .map_err(Error::authority(what))?;
    Ok(ServerIdentity {
        certificate: certificate.der().clone(),
        key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
    })
}
