use std::fmt;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use secrecy::SecretString;

use crate::pem::{MalformedPem, PemItems};
use crate::{
    Certificate, InvalidCertificate, InvalidPkcs12, InvalidPrivateKey, IssuedBy, PrivateKey, Signer,
};

/// The most intermediates that Roles Anywhere takes with a request.
pub const MAX_INTERMEDIATES: usize = 5;

/// Who signs: an end-entity certificate, its intermediates, and the holder of
/// its key. The key is known to be the certificate's.
#[derive(Clone, Debug)]
pub struct Identity {
    certificate: Certificate,
    intermediates: Vec<Certificate>,
    /// How many intermediates are known to form a path.
    linked: usize,
    signer: Arc<dyn Signer>,
}

/// The PEM texts that an identity is made of.
#[derive(Clone, Copy)]
pub struct PemSources<'a> {
    /// The end-entity certificate, first; its intermediates and its private key
    /// may follow in the same text.
    pub certificate: &'a [u8],
    /// The private key; `None` where it stands beside the certificate.
    pub private_key: Option<&'a [u8]>,
    /// More intermediates.
    pub intermediates: Option<&'a [u8]>,
}

/// Why certificates and key make no identity.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidIdentity {
    /// A PEM section cannot be decoded.
    #[error("the text of the {source_name} is not valid PEM")]
    MalformedPem {
        /// `certificate` or `intermediates`.
        source_name: &'static str,
    },
    /// There is no certificate in the text.
    #[error("the text of the {source_name} holds no certificate")]
    NoCertificate {
        /// `certificate` or `intermediates`.
        source_name: &'static str,
    },
    /// A certificate cannot be parsed.
    #[error("invalid certificate")]
    Certificate(#[source] InvalidCertificate),
    /// The private key cannot be used.
    #[error("unusable private key")]
    PrivateKey(#[source] InvalidPrivateKey),
    /// A PKCS#12 file cannot be opened.
    #[error("unusable PKCS#12 file")]
    Pkcs12(#[source] InvalidPkcs12),
    /// The private key is another certificate's.
    #[error("the private key does not belong to the certificate of {subject} (serial {serial})")]
    KeyMismatch {
        /// The certificate's subject.
        subject: String,
        /// The certificate's serial number.
        serial: String,
    },
    /// More intermediates than a request may carry.
    #[error("there are {found} intermediates, and Roles Anywhere takes {MAX_INTERMEDIATES}")]
    TooManyIntermediates {
        /// How many there are, roots not counted.
        found: usize,
    },
}

impl Identity {
    /// An identity from its parts.
    ///
    /// Roots and the end-entity certificate itself are dropped from the
    /// intermediates, duplicates too; the rest is ordered from the issuer of
    /// the end-entity certificate upwards.
    pub fn new(
        certificate: Certificate,
        intermediates: Vec<Certificate>,
        signer: Arc<dyn Signer>,
    ) -> Result<Self, InvalidIdentity> {
        if certificate.public_key() != signer.public_key() {
            return Err(InvalidIdentity::KeyMismatch {
                subject: certificate.subject(),
                serial: certificate.serial_hex(),
            });
        }
        let (intermediates, linked) = path(&certificate, intermediates);
        if intermediates.len() > MAX_INTERMEDIATES {
            return Err(InvalidIdentity::TooManyIntermediates {
                found: intermediates.len(),
            });
        }
        Ok(Self {
            certificate,
            intermediates,
            linked,
            signer,
        })
    }

    /// An identity from PEM texts, with the key in memory.
    pub fn from_pem(sources: PemSources<'_>) -> Result<Self, InvalidIdentity> {
        Self::from_pem_with(sources, None)
    }

    /// The same where the key may be behind a passphrase, as
    /// [`PrivateKey::from_pem_with`] opens it.
    pub fn from_pem_with(
        sources: PemSources<'_>,
        passphrase: Option<&SecretString>,
    ) -> Result<Self, InvalidIdentity> {
        let key = sources.private_key.unwrap_or(sources.certificate);
        let key =
            PrivateKey::from_pem_with(key, passphrase).map_err(InvalidIdentity::PrivateKey)?;
        let (certificate, intermediates) =
            certificates_from_pem(sources.certificate, sources.intermediates)?;
        Self::new(certificate, intermediates, Arc::new(key))
    }

    /// The end-entity certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The intermediates, from the issuer of the end-entity certificate upwards.
    pub fn intermediates(&self) -> &[Certificate] {
        &self.intermediates
    }

    /// How many of the intermediates are known to have issued the one before.
    pub(crate) fn linked(&self) -> usize {
        self.linked
    }

    /// The holder of the key.
    pub fn signer(&self) -> &dyn Signer {
        &*self.signer
    }

    /// The holder of the key, to make another identity with: a renewed
    /// certificate of the same key.
    pub fn shared_signer(&self) -> Arc<dyn Signer> {
        Arc::clone(&self.signer)
    }
}

/// Shows no text: it may hold a key.
impl fmt::Debug for PemSources<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PemSources").finish_non_exhaustive()
    }
}

impl PemSources<'_> {
    /// The end-entity certificate and all others, without looking for a key.
    pub fn certificates(&self) -> Result<(Certificate, Vec<Certificate>), InvalidIdentity> {
        certificates_from_pem(self.certificate, self.intermediates)
    }

    /// The certificates in `intermediates` alone: for a certificate that is not
    /// in PEM.
    pub fn more_intermediates(&self) -> Result<Vec<Certificate>, InvalidIdentity> {
        match self.intermediates {
            None => Ok(Vec::new()),
            Some(text) => certificates(text, "intermediates"),
        }
    }
}

fn certificates_from_pem(
    certificate: &[u8],
    intermediates: Option<&[u8]>,
) -> Result<(Certificate, Vec<Certificate>), InvalidIdentity> {
    let mut own = certificates(certificate, "certificate")?.into_iter();
    let first = own.next().ok_or(InvalidIdentity::NoCertificate {
        source_name: "certificate",
    })?;
    let mut others: Vec<Certificate> = own.collect();
    if let Some(text) = intermediates {
        let more = certificates(text, "intermediates")?;
        if more.is_empty() {
            return Err(InvalidIdentity::NoCertificate {
                source_name: "intermediates",
            });
        }
        others.extend(more);
    }
    Ok((first, others))
}

pub(crate) fn certificates(
    text: &[u8],
    source_name: &'static str,
) -> Result<Vec<Certificate>, InvalidIdentity> {
    let mut items = PemItems::parse(text)
        .map_err(|MalformedPem| InvalidIdentity::MalformedPem { source_name })?;
    std::mem::take(&mut items.certificates)
        .into_iter()
        .map(|der: CertificateDer<'static>| Certificate::from_der(der))
        .collect::<Result<_, _>>()
        .map_err(InvalidIdentity::Certificate)
}

/// The certification path above `certificate`, without roots and duplicates,
/// and how long it is: each is the issuer of the one before. Those that are on
/// no path keep their order behind it.
pub(crate) fn path(
    certificate: &Certificate,
    candidates: Vec<Certificate>,
) -> (Vec<Certificate>, usize) {
    let mut rest = self::candidates(certificate, candidates);
    let mut path = Vec::with_capacity(rest.len());
    loop {
        let last = path.last().unwrap_or(certificate);
        let Some(next) = rest
            .iter()
            .position(|candidate| last.issued_by(candidate) != IssuedBy::Other)
        else {
            let linked = path.len();
            path.extend(rest);
            return (path, linked);
        };
        path.push(rest.remove(next));
    }
}

/// What may stand between `certificate` and a trust anchor: neither roots nor
/// duplicates.
pub(crate) fn candidates(certificate: &Certificate, all: Vec<Certificate>) -> Vec<Certificate> {
    let mut candidates: Vec<Certificate> = Vec::new();
    for candidate in all {
        // Names alone do not make a root: a CA that changes its key
        // cross-signs the new one under the same name.
        let is_root = candidate.issued_by(&candidate) != IssuedBy::Other;
        if candidate != *certificate && !is_root && !candidates.contains(&candidate) {
            candidates.push(candidate);
        }
    }
    candidates
}

#[cfg(test)]
mod tests;
