//! What OpenSSL, Go and the SDK for Python find in what we deliver.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use k8s_sinks::file::{CertificateFolder, CertificateSet, CredentialsFile, Layout, ProfileName};
use private_file::Options;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use zeroize::Zeroizing;

use crate::{conformance::plant, oracle::credentials};

/// Says on stderr that a test could not run here.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn skip(peer: &str) {
    eprintln!("SKIPPED: {peer} is absent");
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> Option<Output> {
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .ok()
}

/// What the program says on stdout; panics if it fails.
fn said(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = run(program, arguments, folder).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn has(program: &str, version: &str) -> bool {
    run(program, &[version], Path::new("/")).is_some_and(|output| output.status.success())
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// A root, an intermediate and an end-entity certificate with its key; the
/// root as PEM apart.
fn real_set() -> (CertificateSet, String) {
    let keys = [(); 3].map(|()| KeyPair::generate().unwrap());
    let [root_key, issuing_key, key] = keys;
    let root = authority("Root").self_signed(&root_key).unwrap();
    let root_issuer = Issuer::new(authority("Root"), root_key);
    let issuing = authority("Issuing")
        .signed_by(&issuing_key, &root_issuer)
        .unwrap();
    let issuer = Issuer::new(authority("Issuing"), issuing_key);
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, "workload");
    let end_entity = params.signed_by(&key, &issuer).unwrap();
    let set = CertificateSet {
        end_entity: end_entity.der().clone(),
        intermediates: vec![issuing.der().clone()],
        issuing_ca: Some(issuing.der().clone()),
        ca_chain: vec![issuing.der().clone(), root.der().clone()],
        private_key: Zeroizing::new(PrivatePkcs8KeyDer::from(key.serialize_der())),
        served_private_key: None,
    };
    (set, root.pem())
}

/// How many certificates `cert.pem` and `chain.pem` have in each layout.
const COUNTS: [(Layout, usize, Option<usize>); 3] = [
    (Layout::Clean, 1, Some(1)),
    (Layout::Bundle, 2, None),
    (Layout::Legacy, 2, Some(2)),
];

#[test]
fn openssl_finds_every_certificate_and_the_key() {
    if !has("openssl", "version") {
        return skip("openssl");
    }
    let (set, root) = real_set();
    for (layout, in_certificate, in_chain) in COUNTS {
        let home = tempfile::tempdir().unwrap();
        plant(&home.path().join("root.pem"), &root);
        CertificateFolder::new(home.path(), layout, Options::new())
            .deliver(&set)
            .unwrap();
        let openssl = |arguments: &str| {
            said(
                "openssl",
                &arguments.split(' ').collect::<Vec<_>>(),
                home.path(),
            )
        };
        let count = |file: &str| {
            openssl(&format!("crl2pkcs7 -nocrl -certfile {file} -out all.p7"));
            openssl("pkcs7 -in all.p7 -print_certs -noout")
                .matches("subject=")
                .count()
        };
        assert_eq!(count("cert.pem"), in_certificate, "{layout}");
        if let Some(in_chain) = in_chain {
            assert_eq!(count("chain.pem"), in_chain, "{layout}");
        }
        let untrusted = if in_chain.is_some() {
            "chain.pem"
        } else {
            "cert.pem"
        };
        openssl(&format!(
            "verify -CAfile root.pem -untrusted {untrusted} cert.pem"
        ));
        let of_certificate = openssl("x509 -in cert.pem -noout -pubkey");
        assert_eq!(
            openssl("pkey -in private.pem -pubout"),
            of_certificate,
            "{layout}"
        );
    }
}

const GO: &str = r#"package main

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"os"
)

func main() {
	for _, name := range []string{"cert.pem", "chain.pem"} {
		rest, err := os.ReadFile(name)
		count := 0
		for block := (*pem.Block)(nil); err == nil; count++ {
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
		}
		fmt.Print(count, " ")
	}
	_, err := tls.LoadX509KeyPair("cert.pem", "private.pem")
	fmt.Println(err)
}
"#;

#[test]
#[ignore = "peer: compiles a Go program, which takes a while"]
fn go_finds_every_certificate_and_the_key() {
    if !has("go", "version") {
        return skip("go");
    }
    let program = tempfile::tempdir().unwrap();
    plant(&program.path().join("main.go"), GO);
    said("go", &["build", "-o", "reader", "main.go"], program.path());
    let reader = program.path().join("reader");
    let (set, _) = real_set();
    for (layout, in_certificate, in_chain) in COUNTS {
        let home = tempfile::tempdir().unwrap();
        CertificateFolder::new(home.path(), layout, Options::new())
            .deliver(&set)
            .unwrap();
        let expected = format!("{in_certificate} {} <nil>\n", in_chain.unwrap_or(0));
        assert_eq!(
            said(reader.to_str().unwrap(), &[], home.path()),
            expected,
            "{layout}"
        );
    }
}

/// Prints the three keys as the SDK for Python reads them, or its refusal.
const PYTHON: &str = "
import sys
from botocore.credentials import SharedCredentialProvider
try:
    found = SharedCredentialProvider('credentials').load()
    print(found and (found.access_key, found.secret_key, found.token))
except Exception as error:
    print(type(error).__name__)
";

#[test]
fn the_sdk_for_python_reads_the_keys_and_what_we_warn_of_is_true() {
    let home = tempfile::tempdir().unwrap();
    let botocore = run(
        "python3",
        &["-c", "import botocore.credentials"],
        home.path(),
    );
    if !botocore.is_some_and(|output| output.status.success()) {
        return skip("botocore");
    }
    let path = home.path().join("credentials");
    let keys = "('ASIA7', 'secret/7+', 'token7==')";
    for (before, reads, warnings) in [
        ("", keys, 0),
        ("[default] # mine\nregion=x # c\n", keys, 0),
        ("[default]\naws_session_token = 1 # c\n   more\n", keys, 0),
        ("[default]\r\nAWS_ACCESS_KEY_ID=1\r\n", keys, 0),
        (
            "[default]\naws_security_token=1\n",
            "('ASIA7', 'secret/7+', '1')",
            1,
        ),
        ("[ default ]\n", "None", 1),
        ("[default] # [x]\n", "None", 1),
        ("[default]\n[default]\n", "ConfigParseError", 1),
        (
            "[default]\naws_session_token=1\nAWS_session_token=2\n",
            "ConfigParseError",
            1,
        ),
        ("\u{feff}[default]\n", "ConfigParseError", 1),
    ] {
        plant(&path, before);
        let sink = CredentialsFile::new(&path, ProfileName::default(), Options::new());
        let receipt = sink.deliver(&credentials(7)).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let said = said("python3", &["-c", PYTHON], home.path());
        assert_eq!(
            (said.trim_end(), receipt.warnings.len()),
            (reads, warnings),
            "{text}"
        );
    }
}
