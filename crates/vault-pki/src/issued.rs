use std::fmt;
use std::time::{Duration, SystemTime};

use refresh::Lifetime;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::certificate::Certificate;
use crate::envelope::Envelope;
use crate::server_text::sanitised;

mod certification_path;
mod data;
mod mismatch;
mod server_key;

use certification_path::CertificationPath;
pub(crate) use data::{IssuedData, OneOrMany, read_pem};
pub(crate) use mismatch::Expected;
pub use mismatch::Mismatch;
use server_key::ServerKey;

/// A certificate that Vault has signed, checked, and its private key.
///
/// What it says of its life and its serial number is read from the certificate,
/// never from what was asked for.
#[non_exhaustive]
pub struct IssuedCertificate {
    /// The certificate of the holder of the key.
    pub end_entity: CertificateDer<'static>,
    /// From its issuer upwards, each once, without the root.
    pub intermediates: Vec<CertificateDer<'static>>,
    /// The root, where Vault knows it and served it.
    pub root: Option<CertificateDer<'static>>,
    /// `issuing_ca`, as Vault served it.
    pub issuing_ca: Option<CertificateDer<'static>>,
    /// `ca_chain`, as Vault served it; empty where it was absent.
    pub ca_chain: Vec<CertificateDer<'static>>,
    /// The serial number, read from the certificate: `0f:a1:…`.
    pub serial: String,
    /// The serial number, as Vault served it: what `revoke` wants.
    pub served_serial: Option<String>,
    /// Vault's name for the request, which its audit log has, too.
    pub request_id: Option<String>,
    /// From when it is valid.
    pub not_before: SystemTime,
    /// Until when it is valid.
    pub not_after: SystemTime,
    /// What Vault warned of, and what could not be checked here.
    pub warnings: Vec<String>,
    /// The lease that it hangs on: with the token's end, it is revoked.
    pub lease: Option<Lease>,
    private_key: Zeroizing<Vec<u8>>,
    server_key_pem: Option<SecretString>,
}

/// A lease on a certificate, as a role with `generate_lease` makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Lease {
    /// Its name.
    pub id: String,
    /// How long it lasts.
    pub duration: Duration,
}

impl IssuedCertificate {
    /// The private key.
    pub fn private_key(&self) -> PrivatePkcs8KeyDer<'_> {
        self.private_key[..].into()
    }

    /// The private key in the form that Vault served it in, where Vault made
    /// it: for files that must look as they always did.
    pub fn server_key_pem(&self) -> Option<&SecretString> {
        self.server_key_pem.as_ref()
    }

    /// From when until when it is valid.
    pub fn lifetime(&self) -> Lifetime {
        Lifetime::new(self.not_before, self.not_after)
    }
}

/// Shows what identifies it, and of the key nothing.
impl fmt::Debug for IssuedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedCertificate")
            .field("serial", &self.serial)
            .field("not_after", &self.not_after)
            .field("intermediates", &self.intermediates.len())
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}

/// The key of the certificate that is expected.
pub(crate) enum KeySource {
    /// Made here: PKCS#8, and its public key as `SubjectPublicKeyInfo`.
    Local {
        private_key: Zeroizing<Vec<u8>>,
        public_key: Vec<u8>,
    },
    /// In the answer.
    Server,
}

/// Why an answer gives no certificate.
#[derive(Debug)]
pub(crate) enum NotIssued {
    /// It is not what Vault answers.
    Unusable(String),
    /// It holds another certificate than the one asked for.
    Mismatched {
        serial: String,
        mismatches: Vec<Mismatch>,
    },
}

/// Takes an answer apart and checks it.
pub(crate) fn assemble(
    mut envelope: Envelope<IssuedData>,
    key: KeySource,
    expected: &Expected<'_>,
) -> Result<IssuedCertificate, NotIssued> {
    let data = envelope.data.take();
    let mut data = data.ok_or_else(|| unusable("it has no data"))?;
    let (key, public_key) = key.resolve(&mut data)?;
    let served = data.certificates().map_err(NotIssued::Unusable)?;
    let path = CertificationPath::build(&served);
    let mismatches = mismatch::find(&served.end_entity, &path, &public_key, expected);
    if !mismatches.is_empty() {
        return Err(NotIssued::Mismatched {
            serial: served.end_entity.serial(),
            mismatches,
        });
    }
    let end_entity = &served.end_entity;
    Ok(IssuedCertificate {
        serial: end_entity.serial(),
        served_serial: data.serial_number,
        not_before: end_entity.not_before(),
        not_after: end_entity.not_after(),
        warnings: warnings(&envelope, &path),
        lease: lease(&envelope),
        request_id: envelope.request_id.filter(|id| !id.is_empty()),
        private_key: key.pkcs8,
        server_key_pem: key.pem,
        intermediates: ders(path.intermediates),
        root: path.root.map(Certificate::into_der),
        end_entity: served.end_entity.into_der(),
        issuing_ca: served.issuing_ca.map(Certificate::into_der),
        ca_chain: ders(served.ca_chain),
    })
}

impl KeySource {
    /// The private key, and the public one as `SubjectPublicKeyInfo`.
    fn resolve(self, data: &mut IssuedData) -> Result<(ServerKey, Vec<u8>), NotIssued> {
        match self {
            Self::Local {
                private_key,
                public_key,
            } => Ok((ServerKey::local(private_key), public_key)),
            Self::Server => {
                let pem = data.private_key.take();
                let pem = pem.ok_or_else(|| unusable("it has no private key"))?;
                ServerKey::read(pem).ok_or_else(|| unusable("its private key cannot be used"))
            }
        }
    }
}

fn unusable(reason: &str) -> NotIssued {
    NotIssued::Unusable(reason.to_owned())
}

/// What Vault says of each name that it takes from the signing request.
const NAMES_FROM_REQUEST: &str = "field was provided but the role is set with \"use_csr_";

fn warnings(envelope: &Envelope<IssuedData>, path: &CertificationPath) -> Vec<String> {
    let served = envelope.warnings.iter().flatten();
    // Names stand in the signing request and beside it, and those of the
    // certificate are compared with what was asked: nothing is lost.
    let news = served.filter(|text| !text.contains(NAMES_FROM_REQUEST));
    let mut warnings: Vec<String> = news.map(|text| sanitised(text)).collect();
    warnings.extend(path.unverified.then(|| UNVERIFIED.to_owned()));
    warnings
}

fn lease(envelope: &Envelope<IssuedData>) -> Option<Lease> {
    let id = envelope.lease_id.clone().filter(|id| !id.is_empty())?;
    let seconds = envelope.lease_duration.unwrap_or_default();
    let seconds = u64::try_from(seconds).unwrap_or_default();
    Some(Lease {
        id,
        duration: Duration::from_secs(seconds),
    })
}

const UNVERIFIED: &str =
    "a signature in the certification path has an algorithm that cannot be checked here";

fn ders(certificates: Vec<Certificate>) -> Vec<CertificateDer<'static>> {
    certificates
        .into_iter()
        .map(Certificate::into_der)
        .collect()
}

#[cfg(test)]
mod tests;
