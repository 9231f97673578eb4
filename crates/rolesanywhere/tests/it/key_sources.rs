//! One test for every key source: it signs, the sandbox verifies, a wrong key
//! is refused, and `Debug` shows nothing of the key.

use rolesanywhere::{Certificate, Identity, InvalidIdentity, PemSources, Pkcs12};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::SecretString;

use crate::laboratory::Laboratory;

/// What an identity is read from.
struct Case {
    name: &'static str,
    /// The name of its certificate in `testdata/keys`.
    certificate: &'static str,
    /// Reads the identity with the certificate of that name.
    read: fn(certificate: &[u8]) -> Result<Identity, InvalidIdentity>,
}

macro_rules! pem {
    ($certificate:literal, $key:literal) => {
        pem!($certificate, $key, None)
    };
    ($certificate:literal, $key:literal, $passphrase:expr) => {
        Case {
            name: $key,
            certificate: $certificate,
            read: |certificate| {
                let key = include_bytes!(concat!("../../testdata/", $key));
                let passphrase: Option<&str> = $passphrase;
                let sources = PemSources {
                    certificate,
                    private_key: Some(key),
                    intermediates: None,
                };
                Identity::from_pem_with(sources, passphrase.map(SecretString::from).as_ref())
            },
        }
    };
}

/// Its own certificate is used, unless another one is asked for.
macro_rules! pkcs12 {
    ($file:literal) => {
        Case {
            name: $file,
            certificate: "ecp256",
            read: |certificate| {
                let file = include_bytes!(concat!("../../testdata/keys/", $file));
                let opened = Pkcs12::open(file, Some(&"password".into()));
                let identity = opened.unwrap().into_identity(Vec::new())?;
                let der = CertificateDer::from_pem_slice(certificate).unwrap();
                let certificate = Certificate::from_der(der).unwrap();
                Identity::new(certificate, Vec::new(), identity.shared_signer())
            },
        }
    };
}

const CASES: &[Case] = &[
    pem!("rsa2048", "pki/rsa2048.key"),
    pem!("ecp256", "pki/ecp256.key"),
    pem!("ecp384", "pki/ecp384.key"),
    pem!("ecp521", "pki/ecp521.key"),
    pem!("ecp256", "pki/ecp256.enc.key", Some("password")),
    pem!("ecp256", "keys/scrypt.pem", Some("password")),
    pem!("ecp256", "keys/des3-sha1.pem", Some("password")),
    pem!("ecp256", "keys/key-length.pem", Some("password")),
    pkcs12!("legacy.p12"),
    pkcs12!("modern.p12"),
    pkcs12!("pbmac1.p12"),
    pem!("mldsa44", "keys/mldsa44.key"),
    pem!("mldsa65", "keys/mldsa65.key"),
    pem!("mldsa87", "keys/mldsa87.key"),
];

fn certificate(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/keys");
    std::fs::read(format!("{folder}/{name}.pem")).unwrap()
}

#[tokio::test]
async fn every_source_signs_and_the_sandbox_verifies() {
    let laboratory = Laboratory::new().await;
    let ca = CertificateDer::from_pem_slice(&certificate("ca")).unwrap();
    laboratory.sandbox.configure_roles_anywhere(|state| {
        state.trust_anchors[0].certificates.push(ca);
    });
    for case in CASES {
        let identity = (case.read)(&certificate(case.certificate));
        let identity = identity.unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
        assert_eq!(
            identity.certificate().common_name().as_deref(),
            Some(case.certificate)
        );
        let request = laboratory.request();
        let session = laboratory
            .roles_anywhere()
            .create_session(&identity, &request)
            .await;
        session.unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
    }
}

#[test]
fn the_key_of_another_certificate_is_refused() {
    for case in CASES {
        let other = if case.certificate == "ecp256" {
            "ecp384"
        } else {
            "ecp256"
        };
        let error = (case.read)(&certificate(other)).unwrap_err();
        assert!(
            matches!(error, InvalidIdentity::KeyMismatch { .. }),
            "{}: {error:?}",
            case.name
        );
    }
}

#[test]
fn debug_shows_no_key() {
    for case in CASES {
        let identity = (case.read)(&certificate(case.certificate)).unwrap();
        let text = format!("{:?}", identity.signer());
        let expected = match case.certificate {
            "rsa2048" => "PrivateKey { algorithm: RsaSha256, .. }",
            name if name.starts_with("mldsa") => "PrivateKey { algorithm: MlDsa, .. }",
            _ => "PrivateKey { algorithm: EcdsaSha256, .. }",
        };
        assert_eq!(text, expected, "{}", case.name);
    }
}
