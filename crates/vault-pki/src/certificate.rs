use std::net::IpAddr;
use std::time::SystemTime;

use der::asn1::Ia5String;
use der::oid::AssociatedOid as _;
use der::{Decode as _, Encode as _};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_cert::ext::pkix::SubjectAltName as Extended;
use x509_cert::ext::pkix::name::GeneralName;

use crate::SubjectAltName;

mod signature;

pub(crate) use signature::Verdict;

/// A certificate from Vault's answer: its DER, and what is checked of it.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    der: CertificateDer<'static>,
    parsed: x509_cert::Certificate,
}

/// A text in Vault's answer that is not a certificate.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it is not an X.509 certificate in PEM")]
pub(crate) struct NotACertificate;

impl Certificate {
    /// All certificates in a PEM text, in their order.
    pub(crate) fn all_from_pem(text: &str) -> Result<Vec<Self>, NotACertificate> {
        CertificateDer::pem_slice_iter(text.as_bytes())
            .map(|der| Self::from_der(der.map_err(|_| NotACertificate)?))
            .collect()
    }

    fn from_der(der: CertificateDer<'static>) -> Result<Self, NotACertificate> {
        let parsed = x509_cert::Certificate::from_der(&der).map_err(|_| NotACertificate)?;
        Ok(Self { der, parsed })
    }

    pub(crate) fn into_der(self) -> CertificateDer<'static> {
        self.der
    }

    pub(crate) fn not_before(&self) -> SystemTime {
        let validity = self.parsed.tbs_certificate().validity();
        validity.not_before.to_system_time()
    }

    pub(crate) fn not_after(&self) -> SystemTime {
        let validity = self.parsed.tbs_certificate().validity();
        validity.not_after.to_system_time()
    }

    /// As Vault writes it: pairs of hexadecimal digits between colons.
    pub(crate) fn serial(&self) -> String {
        let bytes = self.parsed.tbs_certificate().serial_number().as_bytes();
        let significant = match bytes {
            [0, rest @ ..] if !rest.is_empty() => rest,
            all => all,
        };
        let pairs: Vec<String> = significant
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        pairs.join(":")
    }

    /// The public key, as DER of a `SubjectPublicKeyInfo`.
    pub(crate) fn public_key(&self) -> Vec<u8> {
        let key = self.parsed.tbs_certificate().subject_public_key_info();
        key.to_der().unwrap_or_default()
    }

    /// As RFC 4514 writes it.
    pub(crate) fn subject(&self) -> String {
        self.parsed.tbs_certificate().subject().to_string()
    }

    pub(crate) fn common_name(&self) -> Option<String> {
        let name = self.parsed.tbs_certificate().subject().common_name();
        name.ok().flatten().map(|name| name.value().into_owned())
    }

    /// The names that we can ask for; other kinds are left out.
    pub(crate) fn subject_alt_names(&self) -> Vec<SubjectAltName> {
        let extensions = self.parsed.tbs_certificate().extensions();
        let extension = extensions
            .into_iter()
            .flatten()
            .find(|extension| extension.extn_id == Extended::OID)
            .and_then(|extension| Extended::from_der(extension.extn_value.as_bytes()).ok());
        extension
            .map(|names| names.0.iter().filter_map(subject_alt_name).collect())
            .unwrap_or_default()
    }

    /// Whether its issuer has the name of `issuer`.
    pub(crate) fn names_as_issuer(&self, issuer: &Self) -> bool {
        self.parsed.tbs_certificate().issuer() == issuer.parsed.tbs_certificate().subject()
    }

    /// Whether the key of `issuer` made its signature.
    pub(crate) fn signed_by(&self, issuer: &Self) -> Verdict {
        signature::verify(&self.parsed, &issuer.parsed)
    }

    /// A root. A signature that cannot be checked here does not make it one
    /// less: nobody but itself has its name.
    pub(crate) fn is_self_signed(&self) -> bool {
        self.names_as_issuer(self) && self.signed_by(self) != Verdict::Wrong
    }
}

/// Two are the same if their bytes are.
impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

fn subject_alt_name(name: &GeneralName) -> Option<SubjectAltName> {
    let text = |text: &Ia5String| text.to_string();
    Some(match name {
        GeneralName::DnsName(name) => SubjectAltName::Dns(text(name)),
        GeneralName::Rfc822Name(address) => SubjectAltName::Email(text(address)),
        GeneralName::UniformResourceIdentifier(uri) => SubjectAltName::Uri(text(uri)),
        GeneralName::IpAddress(bytes) => SubjectAltName::Ip(ip(bytes.as_bytes())?),
        _ => return None,
    })
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(v4.into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}
