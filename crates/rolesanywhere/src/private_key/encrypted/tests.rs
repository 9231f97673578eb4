use std::process::{Command, Stdio};

use super::*;
use crate::{PrivateKey, Signer as _};

/// Of `testdata/pki/ecp256.key`, encrypted in ways that OpenSSL reads, too.
const KEYS: [(&str, &str); 4] = [
    (
        "AES-256-CBC",
        include_str!("../../../testdata/pki/ecp256.enc.key"),
    ),
    ("scrypt", include_str!("../../../testdata/keys/scrypt.pem")),
    (
        "DES-EDE3-CBC",
        include_str!("../../../testdata/keys/des3-sha1.pem"),
    ),
    (
        "keyLength, no PRF",
        include_str!("../../../testdata/keys/key-length.pem"),
    ),
];
const PLAIN: &str = include_str!("../../../testdata/pki/ecp256.key");

fn read(text: &str, passphrase: &str) -> Result<PrivateKey, InvalidPrivateKey> {
    PrivateKey::from_pem_with(text.as_bytes(), Some(&passphrase.into()))
}

fn der(text: &str) -> Vec<u8> {
    let items = crate::pem::PemItems::parse(text.as_bytes()).unwrap();
    match &items.encrypted_keys[..] {
        [crate::pem::EncryptedKey::Pkcs8(der)] => der.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_passphrase_and_no_other_opens_a_key() {
    let plain = PrivateKey::from_pem(PLAIN.as_bytes()).unwrap();
    for (name, text) in KEYS {
        let key = read(text, "password").unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(key.public_key(), plain.public_key(), "{name}");
        for wrong in ["", "Password", "password\n"] {
            let error = read(text, wrong).unwrap_err();
            assert!(
                matches!(error, InvalidPrivateKey::WrongPassphrase { .. }),
                "{name}: {error}"
            );
        }
        assert_eq!(
            PrivateKey::from_pem(text.as_bytes()).unwrap_err(),
            InvalidPrivateKey::PassphraseMissing
        );
    }
}

#[test]
fn says_how_a_key_is_encrypted() {
    let old = read(
        include_str!("../../../testdata/keys/old-form.pem"),
        "password",
    );
    let pbes1 = read(include_str!("../../../testdata/keys/pbes1.pem"), "password");
    let wrong = read(KEYS[2].1, "wrong");
    let texts = [old, pbes1, wrong].map(|result| result.unwrap_err().to_string());
    assert_eq!(
        texts,
        [
            "the private key is encrypted by OpenSSL's old form (Proc-Type: 4,ENCRYPTED), which is not supported",
            "the private key is encrypted by PBES1 (1.2.840.113549.1.12.1.3), which is not supported",
            "the passphrase does not open the private key (encrypted by PBKDF2 with SHA-1, DES-EDE3-CBC)",
        ]
    );
}

/// Every byte changed and every length cut: an error or a key, never a panic,
/// and never minutes.
#[test]
fn damage_is_an_error() {
    let passphrase = "password".into();
    for (_, text) in &KEYS[2..] {
        let whole = der(text);
        for length in 0..whole.len() {
            open(&whole[..length], &passphrase).unwrap_err();
        }
        let header = whole.len() - 160;
        for index in 0..header {
            for value in [0x00, 0x01, 0x7f, 0xff] {
                let mut changed = whole.clone();
                changed[index] = value;
                drop(open(&changed, &passphrase));
            }
        }
    }
}

#[test]
fn ciphertext_that_is_no_multiple_of_the_block_is_damaged() {
    let info = der(KEYS[0].1);
    let mut info = EncryptedPrivateKeyInfo::from_der(&info).unwrap();
    let cut = &info.encrypted.as_bytes()[1..];
    info.encrypted = OctetString::new(cut).unwrap();
    let info = der::Encode::to_der(&info).unwrap();
    assert_eq!(
        open(&info, &"password".into()).unwrap_err(),
        InvalidPrivateKey::DamagedEncryption
    );
}

/// N = 2⁴⁰: a file that eats all memory.
#[test]
fn hostile_costs_are_refused() {
    let whole = der(KEYS[1].1);
    // INTEGER 1024, INTEGER 8, INTEGER 1.
    let cost = [0x02, 0x02, 0x04, 0x00, 0x02, 0x01, 0x08, 0x02, 0x01, 0x01];
    let at = whole.windows(cost.len()).position(|w| w == cost).unwrap();
    for (hostile, refused) in [
        (
            [0x02, 0x02, 0x40, 0x00, 0x02, 0x01, 0x08, 0x02, 0x01, 0x01],
            false,
        ),
        (
            [0x02, 0x02, 0x40, 0x00, 0x02, 0x01, 0x7f, 0x02, 0x01, 0x7f],
            true,
        ),
        (
            [0x02, 0x02, 0x40, 0x01, 0x02, 0x01, 0x08, 0x02, 0x01, 0x01],
            true,
        ),
        (
            [0x02, 0x02, 0x00, 0x00, 0x02, 0x01, 0x08, 0x02, 0x01, 0x01],
            true,
        ),
        (
            [0x02, 0x02, 0x04, 0x00, 0x02, 0x01, 0x00, 0x02, 0x01, 0x01],
            true,
        ),
    ] {
        let mut changed = whole.clone();
        changed[at..at + cost.len()].copy_from_slice(&hostile);
        let error = open(&changed, &"password".into()).unwrap_err();
        let is_wrong = matches!(error, InvalidPrivateKey::WrongPassphrase { .. });
        assert_eq!(!is_wrong, refused, "{hostile:02x?}: {error}");
    }
}

/// What this machine's OpenSSL writes, in every way that it has.
#[test]
fn reads_all_that_openssl_writes() {
    if !has_openssl() {
        eprintln!("SKIPPED: there is no openssl on PATH");
        return;
    }
    let plain = PrivateKey::from_pem(PLAIN.as_bytes()).unwrap();
    let ciphers = ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des3"];
    let pbkdf2 = ciphers.iter().flat_map(|cipher| {
        let with = |function| vec!["-v2", *cipher, "-v2prf", function];
        [
            "hmacWithSHA1",
            "hmacWithSHA224",
            "hmacWithSHA256",
            "hmacWithSHA384",
            "hmacWithSHA512",
        ]
        .map(with)
    });
    let scrypt = ciphers.iter().map(|cipher| vec!["-v2", *cipher, "-scrypt"]);
    for options in pbkdf2.chain(scrypt) {
        let text = openssl(&options);
        let key = read(&text, "päss word").unwrap_or_else(|error| panic!("{options:?}: {error}"));
        assert_eq!(key.public_key(), plain.public_key(), "{options:?}");
    }
}

fn has_openssl() -> bool {
    let mut version = Command::new("openssl");
    version.arg("version").stdout(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

fn openssl(options: &[&str]) -> String {
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/pki/ecp256.key");
    let output = Command::new("openssl")
        .args(["pkcs8", "-topk8", "-in", key, "-passout", "pass:päss word"])
        .args(options)
        .output()
        .unwrap();
    assert!(output.status.success(), "{options:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
