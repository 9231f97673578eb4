use std::path::{Path, PathBuf};

use private_file::{Change, FileSet, Options, SetFile};

use super::{CertificateSet, Layout, Pkcs12, StoredCertificate};
use crate::{Error, Receipt};

/// Delivers certificate sets into a folder: `cert.pem`, `chain.pem` and
/// `private.pem`, which change in one instant (see [`FileSet`]).
#[derive(Clone, Debug)]
pub struct CertificateFolder {
    files: FileSet,
    layout: Layout,
    pkcs12: Option<Pkcs12>,
}

impl CertificateFolder {
    /// The folder and its layout. Nothing happens yet.
    pub fn new(folder: impl Into<PathBuf>, layout: Layout, options: Options) -> Self {
        Self {
            files: FileSet::new(folder, options),
            layout,
            pkcs12: None,
        }
    }

    /// Writes the set as `keystore.p12` beside the PEM files, too, in the same
    /// instant.
    #[must_use]
    pub fn with_pkcs12(self, pkcs12: Pkcs12) -> Self {
        Self {
            pkcs12: Some(pkcs12),
            ..self
        }
    }

    /// The folder as it was given.
    pub fn path(&self) -> &Path {
        self.files.folder()
    }

    /// Whether a set can be put there, as far as that can be told before there
    /// is one.
    pub fn probe(&self) -> Result<(), Error> {
        self.files.probe().map_err(|source| Error::NotWritten {
            path: self.files.folder().to_owned(),
            source,
        })
    }

    /// What stands in the folder, certificate and key of one set; `None` where
    /// one of the two is missing. Whether they are any good is for the caller
    /// to say.
    pub fn read(&self) -> Result<Option<StoredCertificate>, Error> {
        let names = ["cert.pem", "chain.pem", KEY_STORE, "private.pem"];
        let contents = self.files.read(&names);
        let contents = contents.map_err(|source| Error::NotRead {
            path: self.files.folder().to_owned(),
            source,
        })?;
        let Ok([Some(certificate), chain, key_store, Some(private_key)]) =
            <[_; 4]>::try_from(contents)
        else {
            return Ok(None);
        };
        let is_laid_out = self.layout.may_be(&certificate, chain.is_some());
        let has_key_store = || match (&self.pkcs12, &key_store) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(pkcs12), Some(key_store)) => pkcs12.is_of(key_store, &certificate),
        };
        Ok(Some(StoredCertificate {
            is_as_asked: is_laid_out && has_key_store(),
            certificate,
            chain,
            private_key,
        }))
    }

    /// Writes the set; nothing if it is there already, in this layout.
    pub fn deliver(&self, set: &CertificateSet) -> Result<Receipt, Error> {
        let contents = self.layout.files(set)?;
        let key_store = self.pkcs12.as_ref().map(|pkcs12| pkcs12.encode(set));
        let key_store = key_store.transpose()?;
        let path = self.files.folder();
        let mut files = vec![
            SetFile {
                name: "cert.pem",
                contents: Some(&contents.certificate),
            },
            SetFile {
                name: "chain.pem",
                contents: contents.chain.as_deref(),
            },
        ];
        if key_store.is_some() || is_of_the_set(&path.join(KEY_STORE)) {
            files.push(SetFile {
                name: KEY_STORE,
                contents: key_store.as_ref().map(|bytes| bytes.as_slice()),
            });
        }
        files.push(SetFile {
            name: "private.pem",
            contents: Some(&contents.private_key),
        });
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

/// Whether a key store that is not asked for is one from an earlier delivery,
/// with a key that is not the set's any more: it goes. A file of somebody else
/// stays.
fn is_of_the_set(path: &Path) -> bool {
    std::fs::read_link(path).is_ok_and(|target| target == Path::new("..data").join(KEY_STORE))
}

const KEY_STORE: &str = "keystore.p12";
