use std::path::{Path, PathBuf};

use private_file::{Change, FileSet, Options, SetFile};

use super::{CertificateSet, Layout, StoredCertificate};
use crate::{Error, Receipt};

/// Delivers certificate sets into a folder: `cert.pem`, `chain.pem` and
/// `private.pem`, which change in one instant (see [`FileSet`]).
#[derive(Clone, Debug)]
pub struct CertificateFolder {
    files: FileSet,
    layout: Layout,
}

impl CertificateFolder {
    /// The folder and its layout. Nothing happens yet.
    pub fn new(folder: impl Into<PathBuf>, layout: Layout, options: Options) -> Self {
        Self {
            files: FileSet::new(folder, options),
            layout,
        }
    }

    /// The folder as it was given.
    pub fn path(&self) -> &Path {
        self.files.folder()
    }

    /// What stands in the folder, certificate and key of one set; `None` where
    /// one of the two is missing. Whether they are any good is for the caller
    /// to say.
    pub fn read(&self) -> Result<Option<StoredCertificate>, Error> {
        let names = ["cert.pem", "chain.pem", "private.pem"];
        let contents = self.files.read(&names);
        let contents = contents.map_err(|source| Error::NotRead {
            path: self.files.folder().to_owned(),
            source,
        })?;
        let Ok([Some(certificate), chain, Some(private_key)]) = <[_; 3]>::try_from(contents) else {
            return Ok(None);
        };
        Ok(Some(StoredCertificate {
            certificate,
            chain,
            private_key,
        }))
    }

    /// Writes the set; nothing if it is there already, in this layout.
    pub fn deliver(&self, set: &CertificateSet) -> Result<Receipt, Error> {
        let contents = self.layout.files(set)?;
        let files = [
            SetFile {
                name: "cert.pem",
                contents: Some(&contents.certificate),
            },
            SetFile {
                name: "chain.pem",
                contents: contents.chain.as_deref(),
            },
            SetFile {
                name: "private.pem",
                contents: Some(&contents.private_key),
            },
        ];
        let path = self.files.folder();
        let change = self.files.replace(&files);
        let change = change.map_err(|source| Error::NotWritten {
            path: path.to_owned(),
            source,
        })?;
        Ok(Receipt {
            changed: change == Change::Written,
            path: path.to_owned(),
            warnings: Vec::new(),
        })
    }
}
