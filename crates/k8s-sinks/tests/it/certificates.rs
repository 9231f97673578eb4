//! Layouts, byte for byte, with bytes that only look like certificates.

use std::fs;

use k8s_sinks::{
    Error,
    file::{CertificateFolder, CertificateSet, Layout},
};
use private_file::Options;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};
use zeroize::Zeroizing;

use crate::conformance::plant;

fn certificate(text: &str) -> CertificateDer<'static> {
    text.as_bytes().to_vec().into()
}

/// A set whose every part says of which generation it is.
pub(crate) fn set(generation: u32) -> CertificateSet {
    let certificate = |name: &str| certificate(&format!("{name} {generation}"));
    CertificateSet {
        end_entity: certificate("end-entity"),
        intermediates: vec![certificate("issuing"), certificate("policy")],
        issuing_ca: Some(certificate("issuing")),
        ca_chain: ["issuing", "policy", "root"].map(certificate).into(),
        private_key: Zeroizing::new(PrivatePkcs8KeyDer::from(
            format!("key {generation}").into_bytes(),
        )),
        served_private_key: None,
    }
}

/// The root issued it: nothing stands between.
fn root_only() -> CertificateSet {
    CertificateSet {
        intermediates: Vec::new(),
        issuing_ca: Some(certificate("root 1")),
        ca_chain: Vec::new(),
        ..set(1)
    }
}

/// The generation that the first block of a file is of.
pub(crate) fn generation_of(pem: &[u8]) -> u32 {
    let certificate = CertificateDer::from_pem_slice(pem).map(|der| der.to_vec());
    let der = certificate
        .or_else(|_| PrivateKeyDer::from_pem_slice(pem).map(|key| key.secret_der().to_vec()));
    let text = String::from_utf8(der.unwrap()).unwrap();
    text.rsplit_once(' ').unwrap().1.parse().unwrap()
}

/// The body of the key's PEM block.
pub(crate) fn key_base64(generation: u32) -> String {
    let files = Layout::Clean.files(&set(generation)).unwrap();
    let text = String::from_utf8(files.private_key.to_vec()).unwrap();
    text.lines().nth(1).unwrap().to_owned()
}

fn render(layout: Layout, set: &CertificateSet) -> String {
    let files = layout.files(set).unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let chain = files
        .chain
        .as_deref()
        .map_or_else(|| "(absent)\n".to_owned(), text);
    let certificate = text(&files.certificate);
    let key = text(&files.private_key);
    format!("cert.pem\n{certificate}\nchain.pem\n{chain}\nprivate.pem\n{key}")
}

#[test]
fn layouts_are_laid_out() {
    for layout in [Layout::Clean, Layout::Bundle, Layout::Legacy] {
        insta::assert_snapshot!(format!("{layout}"), render(layout, &set(1)));
        insta::assert_snapshot!(format!("{layout}-root-only"), render(layout, &root_only()));
    }
}

#[test]
fn legacy_has_the_key_in_the_form_that_the_server_gave() {
    for (served, label) in [
        (
            PrivateKeyDer::Sec1(b"sec1".to_vec().into()),
            "EC PRIVATE KEY",
        ),
        (
            PrivateKeyDer::Pkcs1(b"pkcs1".to_vec().into()),
            "RSA PRIVATE KEY",
        ),
        (
            PrivateKeyDer::Pkcs8(b"pkcs8".to_vec().into()),
            "PRIVATE KEY",
        ),
    ] {
        let set = CertificateSet {
            served_private_key: Some(Zeroizing::new(served)),
            ..set(1)
        };
        for (layout, label) in [(Layout::Legacy, label), (Layout::Clean, "PRIVATE KEY")] {
            let key = layout.files(&set).unwrap().private_key;
            let begin = format!("-----BEGIN {label}-----\n");
            assert!(key.starts_with(begin.as_bytes()), "{layout} {label}");
        }
    }
}

#[test]
fn every_block_ends_with_one_newline_whatever_its_length() {
    for length in 1..200 {
        let set = CertificateSet {
            end_entity: vec![7; length].into(),
            ..set(1)
        };
        let text = String::from_utf8(Layout::Bundle.files(&set).unwrap().certificate).unwrap();
        assert!(
            text.ends_with("-----END CERTIFICATE-----\n") && !text.contains("\n\n"),
            "{length}"
        );
        assert_eq!(text.matches("-----\n-----").count(), 2, "{length}");
        assert!(text.lines().all(|line| line.len() <= 64), "{length}");
    }
}

#[test]
fn another_layout_removes_what_it_does_not_have() {
    let home = tempfile::tempdir().unwrap();
    let names = || -> Vec<String> {
        let entries = fs::read_dir(home.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| !name.starts_with("..")).collect();
        names.sort();
        names
    };
    for (layout, expected) in [
        (Layout::Legacy, vec!["cert.pem", "chain.pem", "private.pem"]),
        (Layout::Bundle, vec!["cert.pem", "private.pem"]),
        (Layout::Clean, vec!["cert.pem", "chain.pem", "private.pem"]),
    ] {
        let sink = CertificateFolder::new(home.path(), layout, Options::new());
        assert!(sink.deliver(&set(1)).unwrap().changed, "{layout}");
        assert_eq!(names(), expected, "{layout}");
        assert!(!sink.deliver(&set(1)).unwrap().changed, "{layout}");
    }
}

#[test]
fn files_of_the_script_are_taken_over() {
    let home = tempfile::tempdir().unwrap();
    for name in ["cert.pem", "chain.pem", "private.pem"] {
        plant(&home.path().join(name), "from the script");
    }
    let sink = CertificateFolder::new(home.path(), Layout::Legacy, Options::new());
    sink.deliver(&set(3)).unwrap();
    for name in ["cert.pem", "chain.pem", "private.pem"] {
        assert_eq!(
            generation_of(&fs::read(home.path().join(name)).unwrap()),
            3,
            "{name}"
        );
    }
}

#[test]
fn layouts_have_names() {
    for layout in [Layout::Clean, Layout::Bundle, Layout::Legacy] {
        assert_eq!(layout.to_string().parse::<Layout>().unwrap(), layout);
    }
    assert!(matches!(
        "Clean".parse::<Layout>(),
        Err(Error::UnknownLayout { .. })
    ));
}

#[test]
fn a_set_and_its_files_are_shown_by_their_sizes() {
    let shown = "CertificateSet { end_entity_bytes: 12, intermediates: 2, issuing_ca: true, ca_chain: 3, .. }";
    assert_eq!(format!("{:?}", set(1)), shown);
    let files = Layout::Clean.files(&set(1)).unwrap();
    let shown = "CertificateFiles { certificate_bytes: 71, chain_bytes: Some(134), .. }";
    assert_eq!(format!("{files:?}"), shown);
}

#[test]
fn a_set_is_read_back_and_another_layout_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let layouts = [Layout::Clean, Layout::Bundle, Layout::Legacy];
    let sink = |layout| CertificateFolder::new(folder.path(), layout, Options::new());
    assert!(sink(Layout::Clean).read().unwrap().is_none());
    for written in layouts {
        sink(written).deliver(&set(1)).unwrap();
        let files = written.files(&set(1)).unwrap();
        for asked in layouts {
            let found = sink(asked).read().unwrap().unwrap();
            assert_eq!(*found.certificate, files.certificate);
            assert_eq!(found.private_key, files.private_key);
            assert_eq!(found.chain.map(|text| text.to_vec()), files.chain);
            assert_eq!(found.is_as_asked, written == asked, "{written} {asked}");
        }
    }
    fs::remove_file(folder.path().join("private.pem")).unwrap();
    assert!(sink(Layout::Legacy).read().unwrap().is_none());
}

#[test]
fn what_is_read_back_shows_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let sink = CertificateFolder::new(folder.path(), Layout::Clean, Options::new());
    sink.deliver(&set(1)).unwrap();
    let found = format!("{:?}", sink.read().unwrap().unwrap());
    assert!(found.starts_with("StoredCertificate { certificate_bytes: "));
    assert!(!found.contains(&key_base64(1)), "{found}");
}
