use std::fs;

use rolesanywhere::SigningAlgorithm;
use tempfile::TempDir;

use super::*;

const PKI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../rolesanywhere/testdata/pki");

fn text(name: &str) -> Vec<u8> {
    fs::read(format!("{PKI}/{name}")).unwrap()
}

struct Pair {
    folder: TempDir,
    files: Arc<KeyFiles>,
}

impl Pair {
    /// Files with these contents; what is `None` is missing.
    fn new(certificate: Option<&str>, key: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let files = KeyFiles::new(path("cert.pem"), Some(path("key.pem")));
        let files = Arc::new(files);
        let pair = Self { folder, files };
        for (name, content) in [("cert.pem", certificate), ("key.pem", key)] {
            if let Some(content) = content {
                pair.write(name, &text(content));
            }
        }
        pair
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "as whoever rotates files does it"
    )]
    fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.folder.path().join(name), content).unwrap();
    }

    /// What is read while somebody else finishes the pair a moment later.
    async fn read_while(&self, name: &str, content: &[u8]) -> Result<Identity, Failure> {
        let finish = async {
            tokio::time::sleep(Duration::from_millis(250)).await;
            self.write(name, content);
        };
        tokio::join!(self.files.read(), finish).0
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_between_two_reads_is_waited_for() {
    let whole = text("ecp256.pem");
    for (certificate, key, finish) in [
        // The key of another certificate: signing.md's bug of two generations.
        (Some("ecp384.pem"), Some("ecp256.key"), "cert.pem"),
        (None, Some("ecp256.key"), "cert.pem"),
    ] {
        let pair = Pair::new(certificate, key);
        let identity = pair.read_while(finish, &whole).await.unwrap();
        assert_eq!(identity.certificate().serial_decimal(), "123");
    }
    for half in [&b""[..], &whole[..whole.len() / 2]] {
        let pair = Pair::new(None, Some("ecp256.key"));
        pair.write("cert.pem", half);
        pair.read_while("cert.pem", &whole).await.unwrap();
        pair.write("key.pem", &text("ecp256.key")[..100]);
        pair.read_while("key.pem", &text("ecp256.key"))
            .await
            .unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_stays_wrong_is_an_error() {
    for (certificate, key, code) in [
        (Some("ecp384.pem"), Some("ecp256.key"), "identity.invalid"),
        (
            Some("ecp256.pem"),
            Some("ecp256.enc.key"),
            "identity.invalid",
        ),
        (None, Some("ecp256.key"), "file.missing"),
    ] {
        let pair = Pair::new(certificate, key);
        assert_eq!(pair.files.read().await.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn a_fingerprint_changes_when_a_file_does_and_only_then() {
    let pair = Pair::new(Some("ecp256.pem"), Some("ecp256.key"));
    let before = pair.files.fingerprint().unwrap();
    pair.files.read().await.unwrap();
    assert_eq!(pair.files.fingerprint().as_ref(), Some(&before));
    // Replaced by a file of the same length, as a rotation does.
    let key = pair.folder.path().join("key.pem");
    pair.write("new", &text("ecp256.key"));
    fs::rename(pair.folder.path().join("new"), &key).unwrap();
    let replaced = pair.files.fingerprint();
    assert!(replaced.is_some() && replaced != Some(before));
    fs::remove_file(&key).unwrap();
    assert_eq!(pair.files.fingerprint(), None);
}

/// A pair of another kind signs with its own algorithm at once.
#[tokio::test]
async fn a_rotation_changes_the_algorithm_too() {
    let pair = Pair::new(Some("ecp256.pem"), Some("ecp256.key"));
    let before = pair.files.read().await.unwrap();
    assert_eq!(before.signer().algorithm(), SigningAlgorithm::EcdsaSha256);
    pair.write("cert.pem", &text("rsa2048.pem"));
    pair.write("key.pem", &text("rsa2048.key"));
    let after = pair.files.read().await.unwrap();
    assert_eq!(after.signer().algorithm(), SigningAlgorithm::RsaSha256);
}

/// Nothing is read again as long as the files look the same: the signer is the
/// very same.
#[tokio::test]
async fn what_was_read_is_kept() {
    let pair = Pair::new(Some("ecp256.pem"), Some("ecp256.key"));
    let first = pair.files.read().await.unwrap().shared_signer();
    let second = pair.files.read().await.unwrap().shared_signer();
    assert!(Arc::ptr_eq(&first, &second));
    pair.write("key.pem", &[text("ecp256.key"), b"\n".to_vec()].concat());
    let third = pair.files.read().await.unwrap().shared_signer();
    assert!(!Arc::ptr_eq(&first, &third));
}
