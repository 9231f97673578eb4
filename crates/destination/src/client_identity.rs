use std::fmt;
use std::path::{Path, PathBuf};

use private_file::Fingerprint;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
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
    /// The same as a program holds it that has obtained it itself.
    Held {
        /// The certificate, followed by its intermediates.
        certificates: Vec<CertificateDer<'static>>,
        /// The private key, PKCS#8 in DER.
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
            } => {
                let (certificate_pem, key_pem) = read_pair(certificate, private_key)?;
                parse(&certificate_pem, &key_pem, (certificate, private_key))
            }
            Self::Pem {
                certificate,
                private_key,
            } => {
                let origin = Path::new("(PEM text)");
                parse(certificate, private_key, (origin, origin))
            }
            Self::Held {
                certificates,
                private_key,
            } => {
                let key = PrivatePkcs8KeyDer::from(private_key.to_vec());
                Ok((certificates.clone(), key.into()))
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
            Self::Pem { .. } | Self::Held { .. } => Vec::new(),
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
            Self::Held { .. } => f.debug_struct("Held").finish_non_exhaustive(),
        }
    }
}

/// Both files as they stood at one moment: they may be swapped together, behind
/// one link, between the reading of the one and that of the other.
fn read_pair(certificate: &Path, private_key: &Path) -> Result<Pair, Error> {
    let look = || Fingerprint::of([certificate, private_key]);
    let mut before = look();
    let mut attempt = 1;
    loop {
        let pair = (read(certificate)?, read(private_key)?);
        let after = look();
        // Nobody replaces them all the time; that they belong together is
        // checked afterwards.
        if before == after || attempt == ATTEMPTS {
            return Ok(pair);
        }
        (before, attempt) = (after, attempt + 1);
    }
}

/// A certificate and its key.
type Pair = (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>);

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

const ATTEMPTS: u32 = 5;

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
        let identity = ClientIdentity::Held {
            certificates: vec![b"certificate".to_vec().into()],
            private_key: Zeroizing::new(b"hunter2".to_vec()),
        };
        assert_eq!(format!("{identity:?}"), "Held { .. }");
    }

    /// As a kubelet does it, and `cert watch`: one link is turned, and both
    /// files are others.
    #[cfg(unix)]
    #[test]
    fn a_pair_that_is_swapped_while_it_is_read_is_of_one_generation() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let turn = |generation: u32| {
            let name = format!("{generation}");
            std::fs::create_dir(at(&name)).unwrap();
            write(&at(&name).join("cert.pem"), &name);
            write(&at(&name).join("key.pem"), &name);
            std::os::unix::fs::symlink(&name, at("..data_tmp")).unwrap();
            std::fs::rename(at("..data_tmp"), at("..data")).unwrap();
        };
        turn(0);
        let (certificate, key) = (at("..data/cert.pem"), at("..data/key.pem"));
        let done = std::sync::atomic::AtomicBool::new(false);
        let order = std::sync::atomic::Ordering::Relaxed;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for generation in 1..300 {
                    turn(generation);
                    std::thread::sleep(std::time::Duration::from_micros(500));
                }
                done.store(true, order);
            });
            while !done.load(order) {
                let (certificate, key) = read_pair(&certificate, &key).unwrap();
                assert_eq!(certificate, key);
            }
        });
    }

    #[cfg(unix)]
    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    fn write(path: &Path, text: &str) {
        std::fs::write(path, text).unwrap();
    }
}
