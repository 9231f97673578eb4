use std::process::{Command, Stdio};

use super::*;

const LEGACY: &[u8] = include_bytes!("../../testdata/keys/legacy.p12");
const MODERN: &[u8] = include_bytes!("../../testdata/keys/modern.p12");
const PBMAC1: &[u8] = include_bytes!("../../testdata/keys/pbmac1.p12");
/// Another client's file, with an empty passphrase and the old algorithms.
const EMPTY: &[u8] = include_bytes!("../../testdata/pki/rsa2048.p12");

fn open(bytes: &[u8], passphrase: Option<&str>) -> Result<Pkcs12, InvalidPkcs12> {
    let passphrase = passphrase.map(SecretString::from);
    Pkcs12::open(bytes, passphrase.as_ref())
}

fn names(pkcs12: Pkcs12) -> (String, Vec<String>) {
    let (certificate, others) = pkcs12.certificates().unwrap();
    // Certificate and key belong together.
    pkcs12.into_identity(Vec::new()).unwrap();
    let others = others.iter().map(Certificate::subject).collect();
    (certificate.subject(), others)
}

#[test]
fn the_certificate_of_the_key_is_the_end_entity() {
    let expected = ("CN=ecp256".to_owned(), vec!["CN=Key Sources CA".to_owned()]);
    for file in [LEGACY, MODERN, PBMAC1] {
        assert!(Pkcs12::recognises(file));
        assert_eq!(names(open(file, Some("password")).unwrap()), expected);
    }
    assert!(Pkcs12::recognises(EMPTY));
    for passphrase in [None, Some("")] {
        let (subject, others) = names(open(EMPTY, passphrase).unwrap());
        assert!(subject.contains("rsa2048"), "{subject}");
        assert_eq!(others, ["CN=A Int"]);
    }
}

#[test]
fn another_passphrase_and_none_are_told_apart() {
    for file in [LEGACY, MODERN, PBMAC1] {
        let wrong = open(file, Some("Password")).unwrap_err();
        assert_eq!(wrong, InvalidPkcs12::WrongPassphrase);
        let missing = open(file, None).unwrap_err();
        assert_eq!(missing, InvalidPkcs12::PassphraseMissing);
    }
    let wrong = open(EMPTY, Some("password")).unwrap_err();
    assert_eq!(wrong, InvalidPkcs12::WrongPassphrase);
}

#[test]
fn other_files_are_not_recognised() {
    let encrypted_key = include_bytes!("../../testdata/pki/ecp256.enc.key");
    for other in [&encrypted_key[..], b"", b"\x30", b"\x30\x82\x01\x00\x30"] {
        assert!(!Pkcs12::recognises(other));
    }
}

/// Every byte changed and every length cut: an error, never a panic, and never
/// minutes.
#[test]
fn damage_is_an_error() {
    for file in [LEGACY, PBMAC1] {
        for length in 0..file.len() {
            open(&file[..length], Some("password")).unwrap_err();
        }
        for index in 0..file.len() {
            let mut changed = file.to_vec();
            changed[index] ^= 0x80;
            drop(open(&changed, Some("password")));
        }
    }
}

#[test]
fn debug_shows_no_key() {
    let opened = open(MODERN, Some("password")).unwrap();
    assert_eq!(format!("{opened:?}"), "Pkcs12 { keys: 1, certificates: 2 }");
}

/// What this machine's OpenSSL writes, in every way that it has.
#[test]
fn reads_all_that_openssl_writes() {
    let mut version = Command::new("openssl");
    version.arg("version").stdout(Stdio::null());
    if !version.status().is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: there is no openssl on PATH");
        return;
    }
    let old = [
        "PBE-SHA1-3DES",
        "PBE-SHA1-2DES",
        "PBE-SHA1-RC2-40",
        "PBE-SHA1-RC2-128",
    ];
    let new = [
        "AES-128-CBC",
        "AES-192-CBC",
        "AES-256-CBC",
        "DES-EDE3-CBC",
        "NONE",
    ];
    let ciphers = old.iter().chain(&new);
    let mut ways: Vec<Vec<&str>> = ciphers
        .map(|cipher| vec!["-certpbe", cipher, "-keypbe", cipher])
        .collect();
    for hash in ["sha1", "sha224", "sha256", "sha384", "sha512"] {
        ways.push(vec!["-macalg", hash, "-maciter"]);
    }
    ways.push(vec!["-nomac"]);
    ways.push(vec!["-nomaciter", "-noiter"]);
    for options in ways {
        for passphrase in ["", "pässwörd 🔑"] {
            let Some(file) = openssl(&options, passphrase) else {
                eprintln!("SKIPPED: this openssl does not know {options:?}");
                continue;
            };
            let opened = open(&file, Some(passphrase));
            let opened =
                opened.unwrap_or_else(|error| panic!("{options:?} {passphrase:?}: {error}"));
            assert_eq!(names(opened).0, "CN=ecp256", "{options:?}");
        }
    }
}

fn openssl(options: &[&str], passphrase: &str) -> Option<Vec<u8>> {
    let file = |name: &str| format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("openssl")
        .args([
            "pkcs12",
            "-export",
            "-legacy",
            "-inkey",
            &file("pki/ecp256.key"),
        ])
        .args([
            "-in",
            &file("keys/ecp256.pem"),
            "-certfile",
            &file("keys/ca.pem"),
        ])
        .args(["-passout", &format!("pass:{passphrase}")])
        .args(options)
        .output()
        .unwrap();
    output.status.success().then_some(output.stdout)
}
