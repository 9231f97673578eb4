use std::fmt;
use std::path::{Path, PathBuf};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::Error;
use crate::watched::read;

/// The certificate and key that we show a peer (mutual TLS).
#[derive(Clone)]
#[non_exhaustive]
pub enum ClientIdentity {
    /// Two PEM files, read again when either changes.
    Files {
        /// The certificate, followed by its intermediates.
        certificate: PathBuf,
        /// The unencrypted private key.
        private_key: PathBuf,
    },
    /// The same as PEM text.
    Pem {
        /// The certificate, followed by its intermediates.
        certificate: Vec<u8>,
        /// The unencrypted private key.
        private_key: Zeroizing<Vec<u8>>,
    },
}

impl ClientIdentity {
    pub(crate) fn load(
        &self,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
        match self {
            Self::Files {
                certificate,
                private_key,
            } => parse(
                &read(certificate)?,
                &read(private_key)?,
                (certificate, private_key),
            ),
            Self::Pem {
                certificate,
                private_key,
            } => {
                let origin = Path::new("(PEM text)");
                parse(certificate, private_key, (origin, origin))
            }
        }
    }

    /// The files to watch for changes.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Files {
                certificate,
                private_key,
            } => vec![certificate, private_key],
            Self::Pem { .. } => Vec::new(),
        }
    }
}

/// Never shows the key.
impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files {
                certificate,
                private_key,
            } => f
                .debug_struct("Files")
                .field("certificate", certificate)
                .field("private_key", private_key)
                .finish(),
            Self::Pem { .. } => f.debug_struct("Pem").finish_non_exhaustive(),
        }
    }
}

fn parse(
    certificate: &[u8],
    private_key: &[u8],
    (certificate_origin, key_origin): (&Path, &Path),
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
    let invalid = |origin: &Path| Error::InvalidPem {
        origin: origin.to_owned(),
    };
    let certificates = CertificateDer::pem_slice_iter(certificate)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| invalid(certificate_origin))?;
    if certificates.is_empty() {
        return Err(invalid(certificate_origin));
    }
    let key = PrivateKeyDer::from_pem_slice(private_key).map_err(|_| invalid(key_origin))?;
    Ok((certificates, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_key() {
        let identity = ClientIdentity::Pem {
            certificate: b"certificate".to_vec(),
            private_key: Zeroizing::new(b"hunter2".to_vec()),
        };
        assert_eq!(format!("{identity:?}"), "Pem { .. }");
    }
}
