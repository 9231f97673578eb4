use std::path::{Path, PathBuf};

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::Error;

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
    /// Those in the PEM files of this folder, and no others. Files that hold no
    /// certificate are passed over.
    Directory(PathBuf),
    /// Those in this PEM text, and no others.
    Pem(Vec<u8>),
}

impl Roots {
    /// The certificates, or `None` where the system's are meant.
    pub(crate) fn load(&self) -> Result<Option<Vec<CertificateDer<'static>>>, Error> {
        let (certificates, origin) = match self {
            Self::System => return Ok(None),
            Self::File(path) => (parse(&read(path)?, path)?, path.as_path()),
            Self::Directory(path) => (read_directory(path)?, path.as_path()),
            Self::Pem(text) => {
                let origin = Path::new("(PEM text)");
                (parse(text, origin)?, origin)
            }
        };
        if certificates.is_empty() {
            return Err(Error::NoRoots {
                origin: origin.to_owned(),
            });
        }
        Ok(Some(certificates))
    }

    /// The file to watch for changes.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::Directory(path) => Some(path),
            Self::System | Self::Pem(_) => None,
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::UnreadableFile {
        path: path.to_owned(),
        source,
    })
}

fn parse(text: &[u8], origin: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    CertificateDer::pem_slice_iter(text)
        .collect::<Result<_, _>>()
        .map_err(|_| Error::InvalidPem {
            origin: origin.to_owned(),
        })
}

/// A folder such as `/etc/ssl/certs` holds links, indexes and foreign files.
fn read_directory(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let unreadable = |source| Error::UnreadableFile {
        path: path.to_owned(),
        source,
    };
    let mut certificates: Vec<CertificateDer<'static>> = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if !file.is_file() {
            continue;
        }
        for certificate in parse(&read(&file)?, &file).unwrap_or_default() {
            if !certificates.contains(&certificate) {
                certificates.push(certificate);
            }
        }
    }
    Ok(certificates)
}
