use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::Error;
use crate::watched::read;

/// How many entries a folder may have. The largest root stores hold 150
/// certificates, twice, as they are linked by their hashes.
const LIMIT: usize = 1000;

/// The usable certificates in the files of a folder.
///
/// A folder such as `/etc/ssl/certs` holds links, indexes and foreign files,
/// and one certificate in several of them.
pub(super) fn load(folder: &Path) -> Result<RootCertStore, Error> {
    let mut store = RootCertStore::empty();
    let mut known = HashSet::new();
    for file in list(folder)? {
        if !file.is_file() {
            continue;
        }
        let text = match read(&file) {
            Ok(text) => text,
            Err(error) if error.may_pass() => return Err(error),
            Err(error) => {
                passed_over(&file, &error);
                continue;
            }
        };
        if let Err(error) = add(&mut store, &mut known, &text) {
            passed_over(&file, &*error);
        }
    }
    Ok(store)
}

/// The entries of a folder, in order.
pub(super) fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(folder).and_then(|entries| {
        let entries = entries.map(|entry| entry.map(|entry| entry.path()));
        // One more shows that there are too many.
        entries.take(LIMIT + 1).collect::<Result<Vec<_>, _>>()
    });
    let mut entries = entries.map_err(|source| Error::UnreadableFolder {
        path: folder.to_owned(),
        source,
    })?;
    if entries.len() > LIMIT {
        return Err(Error::TooManyFiles {
            path: folder.to_owned(),
            limit: LIMIT,
        });
    }
    entries.sort();
    Ok(entries)
}

/// Adds what can be used of a file, and returns its last problem.
fn add(
    store: &mut RootCertStore,
    known: &mut HashSet<CertificateDer<'static>>,
    text: &[u8],
) -> Result<(), Box<dyn std::error::Error>> {
    let mut result = Ok(());
    for certificate in CertificateDer::pem_slice_iter(text) {
        match certificate {
            Err(error) => result = Err(error.into()),
            Ok(certificate) if known.contains(&certificate) => {}
            Ok(certificate) => match store.add(certificate.clone()) {
                Ok(()) => drop(known.insert(certificate)),
                Err(error) => result = Err(error.into()),
            },
        }
    }
    result
}

fn passed_over(file: &Path, error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(
        file = %file.display(),
        error,
        "passed over a CA certificate that cannot be used"
    );
}
