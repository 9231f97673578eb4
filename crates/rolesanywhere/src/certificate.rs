use std::fmt;
use std::time::SystemTime;

use der::Decode as _;
use der::asn1::ObjectIdentifier;
use rustls_pki_types::CertificateDer;
use x509_cert::ext::pkix::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName as SanExtension,
};

mod extensions;
mod names;
mod serial;
mod signature;

pub use names::SubjectAltName;

/// An X.509 certificate, parsed once: its DER, and what signing and fitness
/// need to know of it.
#[derive(Clone)]
pub struct Certificate {
    der: CertificateDer<'static>,
    parsed: x509_cert::Certificate,
    key_usage: Option<KeyUsage>,
    basic_constraints: Option<BasicConstraints>,
    extended_key_usage: Option<Vec<ObjectIdentifier>>,
    subject_alt_names: Vec<SubjectAltName>,
}

/// A text or a sequence of bytes that is no certificate.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a valid X.509 certificate: {reason}")]
pub struct InvalidCertificate {
    /// What is wrong with it.
    pub reason: String,
}

/// The kind of public key in a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// RSA, with the length of its modulus in bits.
    Rsa {
        /// The length.
        bits: usize,
    },
    /// Elliptic curve P-256.
    EcP256,
    /// Elliptic curve P-384.
    EcP384,
    /// Elliptic curve P-521.
    EcP521,
    /// ML-DSA-44 (FIPS 204).
    MlDsa44,
    /// ML-DSA-65.
    MlDsa65,
    /// ML-DSA-87.
    MlDsa87,
    /// Ed25519, which Roles Anywhere does not know.
    Ed25519,
    /// Any other, by its object identifier.
    Other(String),
}

/// Whether one certificate has issued another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum IssuedBy {
    /// The names match, and so does the signature.
    This,
    /// The names match, and the signature's algorithm is none that we verify:
    /// SHA-1, RSASSA-PSS.
    Unverifiable,
    /// Another one did.
    Other,
}

impl Certificate {
    /// Parses DER. An extension that cannot be read makes the certificate
    /// invalid: whoever verifies it would say so, later and less clearly.
    pub fn from_der(der: CertificateDer<'static>) -> Result<Self, InvalidCertificate> {
        let parsed = x509_cert::Certificate::from_der(&der).map_err(|error| invalid(&error))?;
        let tbs = parsed.tbs_certificate();
        let key_usage = extension::<KeyUsage>(tbs)?;
        let basic_constraints = extension::<BasicConstraints>(tbs)?;
        let extended_key_usage = extension::<ExtendedKeyUsage>(tbs)?.map(|usage| usage.0);
        let subject_alt_names = extension::<SanExtension>(tbs)?
            .map(|names| names.0.iter().map(SubjectAltName::from).collect())
            .unwrap_or_default();
        Ok(Self {
            der,
            parsed,
            key_usage,
            basic_constraints,
            extended_key_usage,
            subject_alt_names,
        })
    }

    /// The certificate as it was given.
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// The serial number as an unsigned decimal number, as Roles Anywhere
    /// wants it in `Credential`.
    pub fn serial_decimal(&self) -> String {
        serial::decimal(self.parsed.tbs_certificate().serial_number().as_bytes())
    }

    /// The serial number as Vault and OpenSSL print it: `0f:a1:…`.
    pub fn serial_hex(&self) -> String {
        serial::colon_hex(self.parsed.tbs_certificate().serial_number().as_bytes())
    }

    /// The version: 1, 2 or 3.
    pub fn version(&self) -> u8 {
        self.parsed.tbs_certificate().version() as u8 + 1
    }

    /// The moment that it becomes valid at.
    pub fn not_before(&self) -> SystemTime {
        let validity = self.parsed.tbs_certificate().validity();
        validity.not_before.to_system_time()
    }

    /// The last moment that it is valid at.
    pub fn not_after(&self) -> SystemTime {
        let validity = self.parsed.tbs_certificate().validity();
        validity.not_after.to_system_time()
    }

    /// The subject, as RFC 4514 writes it.
    pub fn subject(&self) -> String {
        self.parsed.tbs_certificate().subject().to_string()
    }

    /// The issuer, as RFC 4514 writes it.
    pub fn issuer(&self) -> String {
        self.parsed.tbs_certificate().issuer().to_string()
    }

    /// The subject's first common name.
    pub fn common_name(&self) -> Option<String> {
        names::common_name(self.parsed.tbs_certificate().subject())
    }

    /// The subject's attributes: their short names and values.
    pub fn subject_attributes(&self) -> Vec<(String, String)> {
        names::attributes(self.parsed.tbs_certificate().subject())
    }

    /// The issuer's attributes, likewise.
    pub fn issuer_attributes(&self) -> Vec<(String, String)> {
        names::attributes(self.parsed.tbs_certificate().issuer())
    }

    /// The subject alternative names.
    pub fn subject_alt_names(&self) -> &[SubjectAltName] {
        &self.subject_alt_names
    }

    /// The kind of its public key.
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        signature::key_algorithm(self.parsed.tbs_certificate().subject_public_key_info())
    }

    /// The bits of the public key: an uncompressed point, a PKCS#1
    /// `RSAPublicKey`, or what FIPS 204 encodes.
    pub fn public_key(&self) -> &[u8] {
        let key = self.parsed.tbs_certificate().subject_public_key_info();
        key.subject_public_key.raw_bytes()
    }

    /// The algorithm that the issuer signed it with, by its usual name, or its
    /// object identifier where it has none here.
    pub fn signature_algorithm(&self) -> String {
        signature::name(self.parsed.signature_algorithm().oid)
    }

    /// Whether it may issue certificates; `None` where it has no basic
    /// constraints.
    pub fn is_ca(&self) -> Option<bool> {
        self.basic_constraints
            .as_ref()
            .map(|constraints| constraints.ca)
    }

    /// How many intermediates it allows below itself; `None` where it does not
    /// say.
    pub fn path_length(&self) -> Option<u8> {
        self.basic_constraints.as_ref()?.path_len_constraint
    }

    /// Whether its key may sign certificates: the `keyCertSign` key usage.
    pub fn may_issue(&self) -> bool {
        self.key_usage.is_some_and(|usage| usage.key_cert_sign())
    }

    /// The key usage; `None` where the extension is absent.
    pub fn key_usage(&self) -> Option<Vec<String>> {
        self.key_usage.map(names::key_usages)
    }

    /// Whether its key may sign: the `digitalSignature` key usage.
    pub fn may_sign(&self) -> bool {
        self.key_usage
            .is_some_and(|usage| usage.digital_signature())
    }

    /// The extended key usages, by their usual names; `None` where the
    /// extension is absent.
    pub fn extended_key_usage(&self) -> Option<Vec<String>> {
        let usages = self.extended_key_usage.as_ref()?;
        Some(usages.iter().map(names::extended_key_usage).collect())
    }

    /// Whether `issuer` has signed it, as far as that can be told.
    pub fn issued_by(&self, issuer: &Self) -> IssuedBy {
        if !self.names_as_issuer(issuer) {
            return IssuedBy::Other;
        }
        match signature::verifies(&self.parsed, issuer) {
            Some(true) => IssuedBy::This,
            Some(false) => IssuedBy::Other,
            None => IssuedBy::Unverifiable,
        }
    }

    /// Whether its issuer has the name of `issuer`.
    pub fn names_as_issuer(&self, issuer: &Self) -> bool {
        self.parsed.tbs_certificate().issuer() == issuer.parsed.tbs_certificate().subject()
    }
}

/// Shows what identifies it.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject())
            .field("serial", &self.serial_hex())
            .finish_non_exhaustive()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

fn extension<'a, T>(tbs: &'a x509_cert::TbsCertificate) -> Result<Option<T>, InvalidCertificate>
where
    T: der::Decode<'a> + der::oid::AssociatedOid,
    T::Error: fmt::Display + From<der::Error>,
{
    tbs.extensions()
        .into_iter()
        .flatten()
        .find(|extension| extension.extn_id == T::OID)
        .map(|extension| T::from_der(extension.extn_value.as_bytes()))
        .transpose()
        .map_err(|error| InvalidCertificate {
            reason: error.to_string(),
        })
}

fn invalid(error: &der::Error) -> InvalidCertificate {
    InvalidCertificate {
        reason: error.to_string(),
    }
}
