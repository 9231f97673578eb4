//! Key stores, as OpenSSL and Java read them.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Output},
};

use k8s_sinks::{
    Error,
    file::{CertificateFolder, CertificateSet, Layout, Pkcs12},
};
use private_file::Options;
use rcgen::{CertificateParams, Issuer, KeyPair, SignatureAlgorithm};
use refresh::{Fault, FaultKind};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::{certificates, conformance::plant};

const PASSWORD: &str = "correct horse 1+1=2";

pub(crate) fn key_store() -> Pkcs12 {
    Pkcs12::new(PASSWORD.into(), "iamra").unwrap()
}

/// A key, its certificate, and the intermediate that issued it.
fn set(algorithm: &'static SignatureAlgorithm) -> CertificateSet {
    let issuer_key = KeyPair::generate().unwrap();
    let mut issuer = CertificateParams::default();
    issuer.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    issuer
        .distinguished_name
        .push(rcgen::DnType::CommonName, "issuing");
    let issuer_certificate = issuer.self_signed(&issuer_key).unwrap();
    let issuer = Issuer::new(issuer, issuer_key);
    let key = KeyPair::generate_for(algorithm).unwrap();
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "app");
    let certificate = params.signed_by(&key, &issuer).unwrap();
    CertificateSet {
        end_entity: certificate.der().clone(),
        intermediates: vec![issuer_certificate.der().clone()],
        private_key: Zeroizing::new(PrivatePkcs8KeyDer::from(key.serialize_der())),
        issuing_ca: None,
        ca_chain: Vec::new(),
        served_private_key: None,
    }
}

/// A folder with the set in it, and the password in `password`, a wrong one in
/// `wrong`.
fn delivered(set: &CertificateSet) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let sink = CertificateFolder::new(home.path(), Layout::Clean, Options::new());
    sink.with_pkcs12(key_store()).deliver(set).unwrap();
    plant(&home.path().join("password"), PASSWORD);
    plant(&home.path().join("wrong"), "correct horse 1+1=3");
    home
}

/// Runs a reader in the folder; `None`, and said, where there is no such one.
#[expect(clippy::print_stderr, reason = "a skip must be seen")]
fn run(home: &Path, program: &str, arguments: &[&str]) -> Option<Output> {
    let run = Command::new(program)
        .args(arguments)
        .current_dir(home)
        .output();
    if run.is_err() {
        eprintln!("SKIPPED: there is no {program} to read keystore.p12");
    }
    run.ok()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

#[test]
fn openssl_reads_it() {
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_RSA_SHA256] {
        let set = set(algorithm);
        let home = delivered(&set);
        let arguments = [
            "pkcs12",
            "-in",
            "keystore.p12",
            "-info",
            "-nodes",
            "-passin",
        ];
        let read = |password| {
            run(
                home.path(),
                "openssl",
                &[&arguments[..], &[password]].concat(),
            )
        };
        let Some(output) = read("file:password") else {
            return;
        };
        let shown = text(&output);
        assert!(output.status.success(), "{shown}");
        let key = PrivatePkcs8KeyDer::from_pem_slice(&output.stdout).unwrap();
        assert_eq!(key, *set.private_key);
        assert_eq!(shown.matches("BEGIN CERTIFICATE").count(), 2, "{shown}");
        assert_eq!(shown.matches("friendlyName: iamra").count(), 2, "{shown}");
        for expected in [
            "MAC: sha256, Iteration 10000",
            "PKCS7 Encrypted data: PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256",
            "Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256",
        ] {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
        let refused = read("file:wrong").unwrap();
        assert!(!refused.status.success());
        assert!(
            text(&refused).contains("Mac verify error"),
            "{}",
            text(&refused)
        );
    }
}

#[test]
fn java_reads_it() {
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_RSA_SHA256] {
        let home = delivered(&set(algorithm));
        let arguments = [
            "-J-Duser.language=en",
            "-list",
            "-v",
            "-storetype",
            "PKCS12",
            "-keystore",
        ];
        let read = |password| {
            let file = ["keystore.p12", "-storepass:file", password];
            run(home.path(), "keytool", &[&arguments[..], &file].concat())
        };
        let Some(output) = read("password") else {
            return;
        };
        let shown = text(&output);
        assert!(output.status.success(), "{shown}");
        for expected in [
            "contains 1 entry",
            "Alias name: iamra",
            "Entry type: PrivateKeyEntry",
            "Certificate chain length: 2",
            "CN=app",
        ] {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
        let refused = read("wrong").unwrap();
        assert!(!refused.status.success());
        assert!(
            text(&refused).contains("password was incorrect"),
            "{}",
            text(&refused)
        );
    }
}

/// Salts and initialization vectors: octet strings of 16 bytes.
fn salts(bytes: &[u8]) -> BTreeSet<Vec<u8>> {
    let found = bytes
        .windows(18)
        .filter(|window| window.starts_with(&[4, 16]));
    let found: BTreeSet<_> = found.map(|window| window[2..].to_vec()).collect();
    assert!(
        found.len() >= 5,
        "two of each and that of the MAC, all different"
    );
    found
}

#[test]
fn only_what_changes_the_contents_changes_the_file() {
    let bytes = |password: &str, name, set| {
        let pkcs12 = Pkcs12::new(password.into(), name).unwrap();
        pkcs12.encode(&set).unwrap().to_vec()
    };
    let first = bytes(PASSWORD, "iamra", certificates::set(1));
    assert_eq!(first, bytes(PASSWORD, "iamra", certificates::set(1)));
    let fewer = CertificateSet {
        intermediates: Vec::new(),
        ..certificates::set(1)
    };
    let other_key = CertificateSet {
        private_key: certificates::set(2).private_key,
        ..certificates::set(1)
    };
    for (what, other) in [
        ("password", bytes("other", "iamra", certificates::set(1))),
        ("name", bytes(PASSWORD, "app", certificates::set(1))),
        ("set", bytes(PASSWORD, "iamra", certificates::set(2))),
        ("intermediates", bytes(PASSWORD, "iamra", fewer)),
        ("key", bytes(PASSWORD, "iamra", other_key)),
    ] {
        assert!(salts(&first).is_disjoint(&salts(&other)), "{what}");
    }
}

#[test]
fn a_key_store_of_the_set_goes_when_it_is_not_asked_for_and_another_stays() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("keystore.p12");
    let plain = CertificateFolder::new(home.path(), Layout::Clean, Options::new());
    plant(&path, "somebody else's");
    plain.deliver(&certificates::set(1)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"somebody else's");

    let with = plain.clone().with_pkcs12(key_store());
    assert!(with.deliver(&certificates::set(1)).unwrap().changed);
    assert!(!with.deliver(&certificates::set(1)).unwrap().changed);
    assert!(fs::read(&path).unwrap().starts_with(&[0x30, 0x82]));

    assert!(plain.deliver(&certificates::set(1)).unwrap().changed);
    assert!(fs::symlink_metadata(&path).is_err());
    assert!(!plain.deliver(&certificates::set(1)).unwrap().changed);
}

#[test]
fn what_readers_would_not_find_is_refused() {
    for password in ["", "pässword", "two\nlines", "tab\t"] {
        let error = Pkcs12::new(password.into(), "iamra").unwrap_err();
        assert!(matches!(error, Error::BadKeyStorePassword), "{password:?}");
        assert_eq!(error.fault(), FaultKind::Configuration);
        assert!(password.is_empty() || !format!("{error} {error:?}").contains(password));
    }
    for name in ["", "a\nb", "\u{1f511}"] {
        let error = Pkcs12::new(PASSWORD.into(), name).unwrap_err();
        assert!(matches!(error, Error::BadFriendlyName { .. }), "{name:?}");
    }
    assert_eq!(
        format!("{:?}", key_store()),
        "Pkcs12 { friendly_name: \"iamra\", .. }"
    );
}
