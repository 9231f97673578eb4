use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::Error;
use crate::watched::read;

mod directory;

/// The certificate authorities that may vouch for a peer.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Roots {
    /// Those that browsers trust, compiled in; and, for a peer that they do not
    /// know, the operating system's, loaded at that moment.
    #[default]
    System,
    /// Those in this PEM file, and no others. Read again when it changes.
    File(PathBuf),
    /// Those in the PEM files of this folder, and no others; at most 1000
    /// entries, read again when one changes. Files that hold no certificate are
    /// passed over, and those that cannot be used are warned of and passed
    /// over, too: a folder such as `/etc/ssl/certs` is not ours to repair.
    Directory(PathBuf),
    /// Those in this PEM text, and no others.
    Pem(Vec<u8>),
    /// These, and no others.
    Held(Vec<CertificateDer<'static>>),
}

impl Roots {
    /// The certificates, or `None` where the system's are meant.
    pub(crate) fn load(&self) -> Result<Option<RootCertStore>, Error> {
        let (store, origin) = match self {
            Self::System => return Ok(None),
            Self::File(path) => (parse(&read(path)?, path)?, path.as_path()),
            Self::Directory(path) => (directory::load(path)?, path.as_path()),
            Self::Pem(text) => {
                let origin = Path::new("(PEM text)");
                (parse(text, origin)?, origin)
            }
            Self::Held(certificates) => {
                let origin = Path::new("(certificates in memory)");
                (held(certificates, origin)?, origin)
            }
        };
        if store.is_empty() {
            return Err(Error::NoRoots {
                origin: origin.to_owned(),
            });
        }
        Ok(Some(store))
    }

    /// What to watch for changes: a file, or a folder and the files in it.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        match self {
            Self::File(path) => vec![path.clone()],
            Self::Directory(path) => {
                let mut paths = vec![path.clone()];
                // One that cannot be listed is seen by what it looks like itself.
                paths.extend(directory::list(path).unwrap_or_default());
                paths
            }
            Self::System | Self::Pem(_) | Self::Held(_) => Vec::new(),
        }
    }
}

fn held(certificates: &[CertificateDer<'static>], origin: &Path) -> Result<RootCertStore, Error> {
    let mut store = RootCertStore::empty();
    for certificate in certificates {
        store
            .add(certificate.clone())
            .map_err(|_| Error::InvalidPem {
                origin: origin.to_owned(),
            })?;
    }
    Ok(store)
}

/// Every certificate must be usable: one that is silently left out is a riddle
/// at the first handshake.
fn parse(text: &[u8], origin: &Path) -> Result<RootCertStore, Error> {
    let invalid = || Error::InvalidPem {
        origin: origin.to_owned(),
    };
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(text) {
        let certificate = certificate.map_err(|_| invalid())?;
        store.add(certificate).map_err(|_| invalid())?;
    }
    Ok(store)
}
