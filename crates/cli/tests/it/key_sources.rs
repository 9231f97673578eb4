//! Where certificate and key may stand: each opens a session.

use std::process::{Command, Stdio};

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::laboratory::Laboratory;
use crate::run::Run;

const TESTDATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../rolesanywhere/testdata");

fn file(name: &str) -> String {
    format!("{TESTDATA}/{name}")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap()
}

/// A sandbox that trusts the issuer of `testdata/keys`.
fn laboratory() -> Laboratory {
    let laboratory = Laboratory::new();
    let ca = CertificateDer::from_pem_file(file("keys/ca.pem")).unwrap();
    laboratory.sandbox.configure_roles_anywhere(|state| {
        state.trust_anchors[0].certificates.push(ca);
    });
    laboratory
}

fn process(laboratory: &Laboratory, arguments: &[&str]) -> Command {
    laboratory.command(&[&["creds", "process"], arguments].concat())
}

fn is_session(run: Run) {
    let document: serde_json::Value = serde_json::from_str(&run.ok().stdout).unwrap();
    assert_eq!(document["Version"], 1);
}

#[test]
fn a_passphrase_comes_from_a_file_or_a_variable() {
    let laboratory = laboratory();
    let passphrase = laboratory.write("passphrase", "password\r\n");
    let certificate = file("keys/ecp256.pem");
    let pem = ["--certificate", certificate.as_str(), "--private-key"];
    for key in ["pki/ecp256.enc.key", "keys/scrypt.pem"] {
        let key = file(key);
        let pem = [&pem[..], &[key.as_str()]].concat();
        let from_file = [&pem[..], &["--private-key-passphrase-file", &passphrase]].concat();
        is_session(Run::of(&mut process(&laboratory, &from_file)));
        let mut command = process(&laboratory, &pem);
        command.env("IAMRA_PRIVATE_KEY_PASSPHRASE", "password");
        is_session(Run::of(&mut command));
    }
}

#[test]
fn pkcs12_is_known_by_what_it_is() {
    let laboratory = laboratory();
    for name in ["legacy.p12", "modern.p12", "pbmac1.p12"] {
        let file = file(&format!("keys/{name}"));
        let arguments = ["--certificate", file.as_str()];
        let mut command = process(&laboratory, &arguments);
        command.env("IAMRA_PRIVATE_KEY_PASSPHRASE", "password");
        is_session(Run::of(&mut command));
        let mut check = laboratory.command(&[&["cert", "check"], &arguments[..]].concat());
        check.env("IAMRA_PRIVATE_KEY_PASSPHRASE", "password");
        let check = Run::of(&mut check).ok();
        assert!(
            check.stdout.contains("fit for IAM Roles Anywhere"),
            "{check}"
        );
    }
}

#[test]
fn ml_dsa_opens_a_session() {
    let laboratory = laboratory();
    for name in ["mldsa44", "mldsa65", "mldsa87"] {
        let certificate = file(&format!("keys/{name}.pem"));
        let key = file(&format!("keys/{name}.key"));
        let arguments = ["--certificate", &certificate, "--private-key", &key];
        is_session(Run::of(&mut process(&laboratory, &arguments)));
    }
}

#[test]
fn text_comes_from_standard_input_and_from_variables() {
    let laboratory = laboratory();
    let (certificate, key) = (text("keys/ecp256.pem"), text("pki/ecp256.key"));
    let both = format!("{certificate}{key}");
    let (certificate_file, key_file) = (file("keys/ecp256.pem"), file("pki/ecp256.key"));
    for (arguments, input) in [
        (&["--certificate", "-"][..], &both),
        (&["--certificate", "-", "--private-key", "-"], &both),
        (
            &["--certificate", "-", "--private-key", &key_file],
            &certificate,
        ),
        (
            &["--certificate", &certificate_file, "--private-key", "-"],
            &key,
        ),
    ] {
        is_session(Run::told(&mut process(&laboratory, arguments), input));
    }
    let mut command = process(&laboratory, &[]);
    command.env("IAMRA_CERTIFICATE_PEM", &certificate);
    command.env("IAMRA_PRIVATE_KEY_PEM", &key);
    command.env("IAMRA_INTERMEDIATES_PEM", text("keys/ca.pem"));
    is_session(Run::of(&mut command));
    let mut command = process(&laboratory, &[]);
    command.env("IAMRA_CERTIFICATE_PEM", &both);
    is_session(Run::of(&mut command));
}

/// Where nobody sits at a terminal, nobody is asked.
#[test]
fn errors_say_what_to_do() {
    let laboratory = laboratory();
    let mut report = String::new();
    for (certificate, key, passphrase) in [
        ("keys/ecp256.pem", Some("pki/ecp256.enc.key"), None),
        (
            "keys/ecp256.pem",
            Some("pki/ecp256.enc.key"),
            Some("hunter2"),
        ),
        ("keys/ecp256.pem", Some("keys/pbes1.pem"), Some("hunter2")),
        (
            "keys/rsa2048.pem",
            Some("keys/old-form.pem"),
            Some("hunter2"),
        ),
        ("keys/legacy.p12", None, None),
        ("keys/modern.p12", None, Some("hunter2")),
    ] {
        let certificate = file(certificate);
        let key = key.map(file);
        let mut arguments = vec!["--certificate", &certificate];
        if let Some(key) = &key {
            arguments.extend(["--private-key", key]);
        }
        let mut command = process(&laboratory, &arguments);
        command.stdin(Stdio::null());
        if let Some(passphrase) = passphrase {
            command.env("IAMRA_PRIVATE_KEY_PASSPHRASE", passphrase);
        }
        let run = Run::of(&mut command);
        assert!(!run.stderr.contains("hunter2"), "{run}");
        report += &format!("{}\n", run.stderr.replace(TESTDATA, "[TESTDATA]"));
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    }
    laboratory
        .filters()
        .bind(|| insta::assert_snapshot!("key_sources_errors", report));
}
