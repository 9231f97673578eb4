use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit as _;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit as _, StreamCipher as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::REFUSED;
use crate::Failure;
use crate::failure::Result;

/// The PKCS#8 in what `cosign generate-key-pair` writes: scrypt, and `NaCl`'s secretbox.
///
/// secretbox is put together here of the cipher and the hash it names, because the crate
/// that has it (`crypto_secretbox`) has no release that goes with them.
pub(super) fn opened(pem: &str, passphrase: &SecretString) -> Result<Zeroizing<Vec<u8>>> {
    let (_, json) = der::pem::decode_vec(pem.as_bytes()).map_err(|_| malformed())?;
    let sealed: Sealed = serde_json::from_slice(&json).map_err(|_| malformed())?;
    if sealed.kdf.name != "scrypt" || sealed.cipher.name != "nacl/secretbox" {
        return Err(Failure::new(
            "cosign's key file is encrypted in a way that is new here",
        ));
    }
    let key = sealed.kdf.key(passphrase)?;
    let nonce = decoded(&sealed.cipher.nonce)?
        .try_into()
        .map_err(|_| malformed())?;
    unboxed(&key, &nonce, &decoded(&sealed.ciphertext)?).ok_or_else(|| Failure::new(REFUSED))
}

impl Kdf {
    fn key(&self, passphrase: &SecretString) -> Result<Zeroizing<[u8; 32]>> {
        let Costs { n, r, p } = self.params;
        // The file may come from anywhere: no more than the costliest of cosign's own settings.
        if !n.is_power_of_two() || n > 1 << 17 || r > 8 || p > 1 {
            return Err(Failure::new(
                "cosign's key file asks for too costly a scrypt",
            ));
        }
        let log_n = u8::try_from(n.trailing_zeros()).map_err(|_| malformed())?;
        let params = scrypt::Params::new(log_n, r, p).map_err(|_| malformed())?;
        let mut key = Zeroizing::new([0; 32]);
        let passphrase = passphrase.expose_secret().as_bytes();
        scrypt::scrypt(passphrase, &decoded(&self.salt)?, &params, &mut *key)
            .map_err(|_| malformed())?;
        Ok(key)
    }
}

/// The first 32 bytes of the stream are the key of the hash, which stands before what it
/// is of.
fn unboxed(key: &[u8; 32], nonce: &[u8; 24], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (tag, ciphertext) = sealed.split_first_chunk::<16>()?;
    let mut stream = XSalsa20::new(key.into(), nonce.into());
    let mut hash_key = Zeroizing::new([0; 32]);
    stream.apply_keystream(&mut *hash_key);
    let hash = Poly1305::new((&*hash_key).into()).compute_unpadded(ciphertext);
    // Whoever measures how long this takes has the key file and the machine already.
    if hash.as_slice() != tag {
        return None;
    }
    let mut opened = Zeroizing::new(ciphertext.to_vec());
    stream.apply_keystream(&mut opened);
    Some(opened)
}

fn decoded(text: &str) -> Result<Vec<u8>> {
    BASE64_STANDARD.decode(text).map_err(|_| malformed())
}

fn malformed() -> Failure {
    Failure::new("it is not as cosign writes a key")
}

#[derive(Deserialize)]
struct Sealed {
    kdf: Kdf,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Deserialize)]
struct Kdf {
    name: String,
    params: Costs,
    salt: String,
}

#[derive(Clone, Copy, Deserialize)]
struct Costs {
    #[serde(rename = "N")]
    n: u32,
    r: u32,
    p: u32,
}

#[derive(Deserialize)]
struct Cipher {
    name: String,
    nonce: String,
}

#[cfg(test)]
mod tests {
    use p256::SecretKey;
    use p256::pkcs8::{DecodePrivateKey as _, EncodePublicKey as _, LineEnding};

    use super::*;

    /// Of `cosign generate-key-pair`, version 3.1.3, and used for nothing.
    const KEY: &str = include_str!("../../../testdata/cosign.key");

    #[test]
    fn what_cosign_wrote_is_opened_by_its_passphrase() {
        let der = opened(KEY, &"horse".into()).unwrap();
        let key = SecretKey::from_pkcs8_der(&der).unwrap().public_key();
        let pem = key.to_public_key_pem(LineEnding::LF).unwrap();
        assert!(pem.contains("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEFP/7KgMCqPwGR327RJLyzuGGgb14"));
        let failure = opened(KEY, &"house".into()).unwrap_err().to_string();
        assert_eq!(failure, REFUSED);
    }

    #[test]
    fn what_is_not_as_cosign_writes_it_is_refused() {
        let sealed = |json: &str| {
            let label = "ENCRYPTED SIGSTORE PRIVATE KEY";
            der::pem::encode_string(label, LineEnding::LF, json.as_bytes()).unwrap()
        };
        let with = |name: &str, n: u64| {
            sealed(&format!(
                r#"{{"kdf":{{"name":"{name}","params":{{"N":{n},"r":8,"p":1}},"salt":"AAAA"}},
                "cipher":{{"name":"nacl/secretbox","nonce":"AAAA"}},"ciphertext":"AAAA"}}"#
            ))
        };
        for (pem, said) in [
            ("no PEM".to_owned(), "not as cosign"),
            (sealed("{}"), "not as cosign"),
            (with("argon2", 2), "a way that is new here"),
            (with("scrypt", 3), "too costly"),
            (with("scrypt", 1 << 18), "too costly"),
            // Its nonce is too short.
            (with("scrypt", 2), "not as cosign"),
        ] {
            let failure = opened(&pem, &"horse".into()).unwrap_err().to_string();
            assert!(failure.contains(said), "{failure}");
        }
    }
}
