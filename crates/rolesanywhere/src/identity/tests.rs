use super::*;

const ROOT: &str = include_str!("../../testdata/pki/root.pem");
const INTERMEDIATE: &str = include_str!("../../testdata/pki/int.pem");
const CERTIFICATE: &str = include_str!("../../testdata/pki/ecp256.pem");
const KEY: &str = include_str!("../../testdata/pki/ecp256.key");
const OTHER_KEY: &str = include_str!("../../testdata/pki/ecp384.key");

fn identity(
    certificate: &str,
    key: Option<&str>,
    more: Option<&str>,
) -> Result<Identity, InvalidIdentity> {
    Identity::from_pem(PemSources {
        certificate: certificate.as_bytes(),
        private_key: key.map(str::as_bytes),
        intermediates: more.map(str::as_bytes),
    })
}

#[test]
fn a_path_is_made_of_whatever_order_and_place() {
    let full = format!("{CERTIFICATE}{INTERMEDIATE}");
    let with_root = format!("{CERTIFICATE}{ROOT}{INTERMEDIATE}{INTERMEDIATE}{CERTIFICATE}");
    let combined = format!("{KEY}{CERTIFICATE}some text\n{INTERMEDIATE}");
    let both = format!("{ROOT}{INTERMEDIATE}");
    for (certificate, key, more) in [
        (full.as_str(), Some(KEY), None),
        (&with_root, Some(KEY), None),
        (&combined, None, None),
        (CERTIFICATE, Some(KEY), Some(INTERMEDIATE)),
        (CERTIFICATE, Some(KEY), Some(both.as_str())),
    ] {
        let identity = identity(certificate, key, more).unwrap();
        let path: Vec<String> = identity
            .intermediates()
            .iter()
            .map(Certificate::subject)
            .collect();
        assert_eq!(path, ["CN=A Int"]);
        assert_eq!(identity.certificate().serial_decimal(), "123");
    }
}

#[test]
fn a_foreign_key_is_refused() {
    let error = identity(CERTIFICATE, Some(OTHER_KEY), None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the private key does not belong to the certificate of CN=leaf ecp256,O=Test (serial 7b)"
    );
}

#[test]
fn what_is_no_certificate_is_refused() {
    let broken = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    let damaged = "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n";
    for (certificate, more, expected) in [
        ("", None, "the text of the certificate holds no certificate"),
        (broken, None, "the text of the certificate is not valid PEM"),
        (
            CERTIFICATE,
            Some(""),
            "the text of the intermediates holds no certificate",
        ),
        (
            CERTIFICATE,
            Some(broken),
            "the text of the intermediates is not valid PEM",
        ),
        (damaged, None, "invalid certificate"),
    ] {
        let error = identity(certificate, Some(KEY), more).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn every_container_of_a_key_is_read() {
    for name in ["rsa2048", "ecp256", "ecp384", "ecp521"] {
        let read = |ending| {
            std::fs::read(format!(
                "{}/testdata/pki/{name}.{ending}",
                env!("CARGO_MANIFEST_DIR")
            ))
            .unwrap()
        };
        let (certificate, key) = (read("pem"), read("key"));
        for key in containers(&key) {
            let sources = PemSources {
                certificate: &certificate,
                private_key: Some(&key),
                intermediates: None,
            };
            let text = String::from_utf8_lossy(&key);
            assert!(
                Identity::from_pem(sources).is_ok(),
                "{name} {}",
                text.lines().next().unwrap()
            );
        }
    }
}

/// The same key as PKCS#8, and in the older container of its kind.
fn containers(key: &[u8]) -> Vec<Vec<u8>> {
    use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
    use rsa::pkcs1::EncodeRsaPrivateKey as _;
    let text = std::str::from_utf8(key).unwrap();
    let mut all = vec![key.to_vec()];
    if let Ok(key) = rsa::RsaPrivateKey::from_pkcs8_pem(text) {
        all.push(
            key.to_pkcs1_pem(LineEnding::LF)
                .unwrap()
                .as_bytes()
                .to_vec(),
        );
    }
    if let Ok(key) = p256::SecretKey::from_pkcs8_pem(text) {
        all.push(
            key.to_sec1_pem(LineEnding::CRLF)
                .unwrap()
                .as_bytes()
                .to_vec(),
        );
    }
    if let Ok(key) = p384::SecretKey::from_pkcs8_pem(text) {
        all.push(key.to_sec1_pem(LineEnding::LF).unwrap().as_bytes().to_vec());
    }
    if let Ok(key) = p256::SecretKey::from_sec1_pem(text) {
        all.push(
            key.to_pkcs8_pem(LineEnding::LF)
                .unwrap()
                .as_bytes()
                .to_vec(),
        );
    }
    all
}

#[test]
fn more_than_five_intermediates_are_refused() {
    let fitness = concat!(
        include_str!("../../testdata/fitness/recommended.pem"),
        include_str!("../../testdata/fitness/vault-default-role.pem"),
        include_str!("../../testdata/fitness/no-key-usage.pem"),
        include_str!("../../testdata/fitness/ed25519.pem"),
        include_str!("../../testdata/fitness/no-common-name.pem"),
        include_str!("../../testdata/fitness/pss.pem"),
    );
    let error = identity(CERTIFICATE, Some(KEY), Some(fitness)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there are 7 intermediates, and Roles Anywhere takes 5"
    );
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _ = Identity::from_pem(PemSources { certificate: &text, private_key: None, intermediates: None });
    }

    #[test]
    fn no_der_makes_it_panic(at in 0_usize..460, bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 1..6)) {
        use rustls_pki_types::pem::PemObject as _;
        let der = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
        let mut der = der.to_vec();
        let end = (at + bytes.len()).min(der.len());
        der.splice(at.min(end)..end, bytes);
        if let Ok(certificate) = Certificate::from_der(der.into()) {
            let _ = (certificate.subject(), certificate.serial_decimal());
            let _ = certificate.issued_by(&certificate);
            let _ = crate::Finding::of(&certificate, std::slice::from_ref(&certificate), std::time::UNIX_EPOCH);
        }
    }
}

/// A CA has changed its key and cross-signed the new one with the old: an end-entity
/// certificate, the cross certificate, and the roots of both generations.
#[test]
fn a_cross_certificate_of_a_key_rollover_is_no_root() {
    let text = include_bytes!("../../testdata/pki/rollover.pem");
    let mut all = certificates(text, "certificate").unwrap();
    let certificate = all.remove(0);
    let (path, linked) = path(&certificate, all);
    let serials: Vec<String> = path.iter().map(Certificate::serial_decimal).collect();
    assert_eq!((serials, linked), (vec!["2".to_owned()], 1));
}
