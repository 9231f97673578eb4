use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber,
};
use rustls_pki_types::CertificateDer;

use crate::Error;
use crate::random::Random;
use crate::timestamp::unix_seconds;

mod client_certificate;
mod server_certificate;

pub use client_certificate::ClientCertificate;
pub(crate) use client_certificate::client_certificate;
pub(crate) use server_certificate::server_identity;

/// How long before now a certificate becomes valid, so that a clock that is off
/// does not matter.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A certificate authority with a P-256 key.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
    pem: String,
    key_pem: String,
    serial: Vec<u8>,
    /// The certificate above, for whoever looks for a path; none for a root.
    parent: Option<CertificateDer<'static>>,
    not_after: SystemTime,
}

impl Authority {
    /// A root: valid for ten years.
    pub(crate) fn root(name: &str, now: SystemTime, random: &Random) -> Result<Self, Error> {
        let key = generate_key()?;
        let mut params = authority_params(name, BasicConstraints::Unconstrained, random);
        let not_after = now + 3650 * DAY;
        set_validity(&mut params, now - DAY, not_after);
        let certificate = params
            .self_signed(&key)
            .map_err(Error::authority("root certificate"))?;
        Ok(Self::new(params, key, &certificate, (not_after, None)))
    }

    /// An intermediate that issues no further authorities: valid for a year.
    pub(crate) fn intermediate(
        &self,
        name: &str,
        now: SystemTime,
        random: &Random,
    ) -> Result<Self, Error> {
        let key = generate_key()?;
        let mut params = authority_params(name, BasicConstraints::Constrained(0), random);
        let not_after = now + 365 * DAY;
        set_validity(&mut params, now - DAY, not_after);
        let certificate = self
            .sign(&params, &key)
            .map_err(Error::authority("intermediate certificate"))?;
        let parent = Some(self.der.clone());
        Ok(Self::new(params, key, &certificate, (not_after, parent)))
    }

    /// An earlier certificate of this authority: of the same name and key, and
    /// over since `now`.
    pub(crate) fn expired(
        &self,
        name: &str,
        now: SystemTime,
        random: &Random,
    ) -> Result<CertificateDer<'static>, Error> {
        let mut params = authority_params(name, BasicConstraints::Unconstrained, random);
        set_validity(&mut params, now - 2 * DAY, now - DAY);
        let certificate = self.sign(&params, self.issuer.key());
        let certificate = certificate.map_err(Error::authority("expired certificate"))?;
        Ok(certificate.der().clone())
    }

    /// Signs what the parameters say about a public key.
    pub(crate) fn sign(
        &self,
        params: &CertificateParams,
        key: &impl PublicKeyData,
    ) -> Result<Certificate, rcgen::Error> {
        params.signed_by(key, &self.issuer)
    }

    pub(crate) fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// PEM with a newline at its end.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// The private key, for the list of secrets.
    pub(crate) fn key_pem(&self) -> &str {
        &self.key_pem
    }

    pub(crate) fn not_after(&self) -> SystemTime {
        self.not_after
    }

    pub(crate) fn serial(&self) -> &[u8] {
        &self.serial
    }

    pub(crate) fn is_root(&self) -> bool {
        self.parent.is_none()
    }

    /// Whether `other` issued this authority's certificate.
    pub(crate) fn is_below(&self, other: &Self) -> bool {
        self.parent.as_ref() == Some(&other.der)
    }

    fn new(
        params: CertificateParams,
        key: KeyPair,
        certificate: &Certificate,
        (not_after, parent): (SystemTime, Option<CertificateDer<'static>>),
    ) -> Self {
        let serial = params.serial_number.as_ref();
        Self {
            key_pem: key.serialize_pem(),
            serial: serial.map(SerialNumber::to_bytes).unwrap_or_default(),
            parent,
            issuer: Issuer::new(params, key),
            der: certificate.der().clone(),
            pem: certificate.pem(),
            not_after,
        }
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Authority").finish_non_exhaustive()
    }
}

/// A positive serial number of 20 bytes, as Vault makes them.
pub(crate) fn serial_number(random: &Random) -> [u8; 20] {
    let mut serial = random.bytes::<20>();
    serial[0] = (serial[0] & 0x7f) | 0x01;
    serial
}

/// Sets the validity, in whole seconds as certificates have it.
pub(crate) fn set_validity(
    params: &mut CertificateParams,
    not_before: SystemTime,
    not_after: SystemTime,
) {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let seconds = |time| Duration::from_secs(unix_seconds(time).unsigned_abs());
    params.not_before = epoch + seconds(not_before);
    params.not_after = epoch + seconds(not_after);
}

/// A name that is a common name and nothing else; empty for none.
pub(crate) fn distinguished_name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    if !common_name.is_empty() {
        name.push(DnType::CommonName, common_name);
    }
    name
}

/// A new P-256 key.
pub(crate) fn generate_key() -> Result<KeyPair, Error> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(Error::authority("key"))
}

fn authority_params(
    name: &str,
    constraints: BasicConstraints,
    random: &Random,
) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(name);
    params.serial_number = Some(SerialNumber::from_slice(&serial_number(random)));
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params
}

/// A certificate as PEM with a newline at its end.
pub(crate) fn certificate_pem(certificate: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(certificate);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}
