use std::path::{Path, PathBuf};
use std::time::SystemTime;

use k8s_sinks::file::{CertificateFolder, Layout};
use private_file::Options;
use rolesanywhere::PemSources;

use super::CERTIFICATE;
use crate::shared::KEY_LENGTH;

/// Removes the folders below `cache` that nobody can use any more, with the
/// private keys in them: their certificates have expired. They stay behind
/// where another certificate is asked for than before. `own` is left alone.
pub(super) fn sweep(cache: &Path, own: &Path, now: SystemTime) {
    for folder in folders(cache) {
        if folder == own || !has_expired(&folder, now) {
            continue;
        }
        let path = folder.display();
        // No link is followed; one that somebody has planted goes itself.
        match std::fs::remove_dir_all(&folder) {
            Ok(()) => tracing::info!(%path, "removed a certificate that has expired, and its key"),
            Err(error) => {
                tracing::warn!(%path, %error, "an expired certificate cannot be removed");
            }
        }
    }
}

/// The folders that are ours by their names.
fn folders(cache: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(cache) else {
        return Vec::new();
    };
    let folders = entries.flatten().filter(|entry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let name = entry.file_name();
        is_folder && name.to_str().is_some_and(is_ours)
    });
    folders.map(|entry| entry.path()).collect()
}

fn is_ours(name: &str) -> bool {
    name.strip_prefix(CERTIFICATE).is_some_and(|key| {
        key.len() == KEY_LENGTH && key.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// What cannot be read may be another one's who is writing it just now.
fn has_expired(folder: &Path, now: SystemTime) -> bool {
    let folder = CertificateFolder::new(folder, Layout::default(), Options::new());
    let Ok(Some(stored)) = folder.read() else {
        return false;
    };
    not_after(&stored.certificate).is_some_and(|end| end < now)
}

fn not_after(certificate: &[u8]) -> Option<SystemTime> {
    let sources = PemSources {
        certificate,
        private_key: None,
        intermediates: None,
    };
    let (certificate, _) = sources.certificates().ok()?;
    Some(certificate.not_after())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Writes a folder as an earlier process has left it; says until when its
    /// certificate is valid.
    fn leave(cache: &Path, name: &str) -> (PathBuf, SystemTime) {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::default()
            .self_signed(&key)
            .unwrap()
            .pem();
        let folder = cache.join(name);
        std::fs::create_dir(&folder).unwrap();
        let write = |name: &str, text: &str| {
            private_file::Target::new(folder.join(name), Options::new())
                .replace(text.as_bytes())
                .unwrap()
        };
        write("cert.pem", &certificate);
        write("private.pem", &key.serialize_pem());
        (folder, not_after(certificate.as_bytes()).unwrap())
    }

    #[test]
    fn only_what_has_expired_and_is_ours_goes() {
        let cache = tempfile::tempdir().unwrap();
        let key = |digit: &str| format!("{CERTIFICATE}{}", digit.repeat(KEY_LENGTH));
        let (own, end) = leave(cache.path(), &key("a"));
        let (other, _) = leave(cache.path(), &key("b"));
        let (foreign, _) = leave(cache.path(), "certificate-of-mine");
        let empty = cache.path().join(key("c"));
        std::fs::create_dir(&empty).unwrap();
        sweep(cache.path(), &own, end);
        assert!(other.exists(), "it is valid still");
        sweep(cache.path(), &own, end + Duration::from_secs(1));
        assert!(!other.exists());
        for kept in [own, foreign, empty] {
            assert!(kept.exists(), "{}", kept.display());
        }
        sweep(&cache.path().join("missing"), &other, end);
    }
}
