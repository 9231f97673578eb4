use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::SigningKey;
use crate::Failure;
use crate::failure::Result;

/// Signs a file: `FILE.sig` for openssl and older clients, and `FILE.sigstore.json` for
/// cosign since 3. Returns both.
pub(crate) fn sign_file(key: &SigningKey, path: &Path) -> Result<[PathBuf; 2]> {
    let contents = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    let signature = key.sign(&contents)?;
    let bundle = bundle(key, &contents, &signature)?;
    let [plain, with_key] = BESIDE;
    let beside = [
        (plain, BASE64_STANDARD.encode(&signature)),
        (with_key, bundle),
    ];
    let written = beside.map(|(suffix, text)| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let name = PathBuf::from(name);
        std::fs::write(&name, text).map_err(|error| Failure::file(&name, &error))?;
        Ok(name)
    });
    let [signature, bundle] = written;
    Ok([signature?, bundle?])
}

/// What the names of a file's signatures end with.
pub(crate) const BESIDE: [&str; 2] = [".sig", ".sigstore.json"];

/// [Sigstore bundle 0.3](https://docs.sigstore.dev/about/bundle/), by a key and without a
/// transparency log.
fn bundle(key: &SigningKey, contents: &[u8], signature: &[u8]) -> Result<String> {
    let hint = Sha256::digest(key.public_key_der()?);
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": { "publicKey": { "hint": BASE64_STANDARD.encode(hint) } },
        "messageSignature": {
            "messageDigest": {
                "algorithm": "SHA2_256",
                "digest": BASE64_STANDARD.encode(Sha256::digest(contents)),
            },
            "signature": BASE64_STANDARD.encode(signature),
        },
    });
    Ok(bundle.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::key::tests::known;
    use super::*;

    #[test]
    fn a_file_is_signed_twice_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("SHA256SUMS");
        std::fs::write(&file, "sums").unwrap();
        let read = |paths: [PathBuf; 2]| paths.map(|path| std::fs::read_to_string(path).unwrap());
        let first = sign_file(&known(), &file).unwrap();
        assert!(first[1].ends_with("SHA256SUMS.sigstore.json"));
        let first = read(first);
        assert_eq!(first, read(sign_file(&known(), &file).unwrap()));
        let der = BASE64_STANDARD.decode(&first[0]).unwrap();
        assert_eq!(der, known().sign(b"sums").unwrap());
        assert!(first[1].contains(&first[0]));
    }
}
