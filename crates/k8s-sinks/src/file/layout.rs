use std::{fmt, str::FromStr};

use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::{CertificateSet, pem};
use crate::Error;

/// Which certificates go into which of `cert.pem`, `chain.pem`, `private.pem`.
///
/// | | `cert.pem` | `chain.pem` | `private.pem` |
/// |---|---|---|---|
/// | clean | end-entity certificate | intermediates | PKCS#8 |
/// | bundle | end-entity certificate, intermediates | – | PKCS#8 |
/// | legacy | end-entity certificate, issuing CA | chain as served | as served |
///
/// The root is in clean and bundle nowhere: who trusts it has it. A
/// `chain.pem` that would be empty is not written, and one from before is
/// removed, as `aws_signing_helper` refuses an empty one.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Layout {
    /// Each in its own file.
    #[default]
    Clean,
    /// What most servers call a full chain, and the key.
    Bundle,
    /// Names, contents and order of `gen-cert.py`, with a newline behind each
    /// certificate. Without a chain the issuing CA stands in `chain.pem`.
    Legacy,
}

/// The contents of the three files.
#[non_exhaustive]
pub struct CertificateFiles {
    /// `cert.pem`.
    pub certificate: Vec<u8>,
    /// `chain.pem`, if there is anything in it.
    pub chain: Option<Vec<u8>>,
    /// `private.pem`.
    pub private_key: Zeroizing<Vec<u8>>,
}

impl Layout {
    /// Lays out a set. Pure: the same set gives the same bytes.
    pub fn files(self, set: &CertificateSet) -> Result<CertificateFiles, Error> {
        let end_entity = [&set.end_entity];
        let (certificate, chain): (Vec<_>, Vec<_>) = match self {
            Self::Clean => (end_entity.into(), set.intermediates.iter().collect()),
            Self::Bundle => (
                end_entity.into_iter().chain(&set.intermediates).collect(),
                Vec::new(),
            ),
            Self::Legacy => {
                let issuer = set.issuing_ca.as_ref().or_else(|| set.ca_chain.first());
                (
                    end_entity.into_iter().chain(issuer).collect(),
                    legacy_chain(set),
                )
            }
        };
        let chain = Some(chain).filter(|chain| !chain.is_empty());
        Ok(CertificateFiles {
            certificate: pem::certificates_pem(certificate)?,
            chain: chain.map(pem::certificates_pem).transpose()?,
            private_key: self.private_key(set)?,
        })
    }

    /// Whether files with this `cert.pem`, and a `chain.pem` or none, may have
    /// been written in this layout. In doubt they may: who asks replaces what
    /// is not.
    pub(crate) fn may_be(self, certificate: &[u8], has_chain: bool) -> bool {
        let begin = b"-----BEGIN CERTIFICATE-----";
        let blocks = certificate
            .windows(begin.len())
            .filter(|text| text == begin)
            .count();
        match self {
            Self::Clean => blocks <= 1,
            Self::Bundle => !has_chain,
            // The issuing CA is in both files, or, unknown, in neither.
            Self::Legacy => blocks == 1 + usize::from(has_chain),
        }
    }

    fn private_key(self, set: &CertificateSet) -> Result<Zeroizing<Vec<u8>>, Error> {
        match &set.served_private_key {
            Some(served) if self == Self::Legacy => pem::private_key(served),
            _ => {
                let key = set.private_key.secret_pkcs8_der();
                pem::private_key(&PrivateKeyDer::Pkcs8(key.into()))
            }
        }
    }
}

impl FromStr for Layout {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "clean" => Ok(Self::Clean),
            "bundle" => Ok(Self::Bundle),
            "legacy" => Ok(Self::Legacy),
            _ => Err(Error::UnknownLayout {
                name: name.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clean => "clean",
            Self::Bundle => "bundle",
            Self::Legacy => "legacy",
        })
    }
}

/// Shows sizes: the key is not shown.
impl fmt::Debug for CertificateFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateFiles")
            .field("certificate_bytes", &self.certificate.len())
            .field("chain_bytes", &self.chain.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

fn legacy_chain(set: &CertificateSet) -> Vec<&CertificateDer<'static>> {
    if set.ca_chain.is_empty() {
        return set.issuing_ca.iter().collect();
    }
    set.ca_chain.iter().collect()
}
