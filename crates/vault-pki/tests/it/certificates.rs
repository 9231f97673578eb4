use std::time::{Duration, SystemTime};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RsaKeyPair};
use rcgen::DnType;
use refresh::{Fault as _, FaultKind};
use serde_json::{Value, json};
use vault_pki::{CertificateRequest, Error, KeyFormat, KeyType, Mismatch, Names};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::authority::{Authority, Signing};
use crate::server::{self, ISSUE, SIGN};

async fn signing(responder: Signing) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(SIGN))
        .respond_with(responder)
        .mount(&server)
        .await;
    server
}

async fn sign(
    server: &MockServer,
    request: &CertificateRequest,
) -> Result<vault_pki::IssuedCertificate, Error> {
    let vault = server::vault(server::settings(server), server::token("s.t"));
    vault.sign(request, server::noon()).await
}

fn all_names() -> Names {
    Names {
        dns: vec!["a.example.test".to_owned()],
        ip: vec!["192.0.2.7".parse().unwrap()],
        uri: vec!["spiffe://example.test/ns/a".to_owned()],
        email: vec!["a@example.test".to_owned()],
        ..Names::common_name("app.example.test")
    }
}

#[tokio::test]
async fn one_request_signs_every_name_for_a_key_that_stays_here() {
    let server = signing(Authority::new().responder()).await;
    let issued = sign(&server, &server::request(all_names())).await.unwrap();
    assert_eq!(server::asked(&server).await, [SIGN]);
    let body = server::body(&server, 0).await;
    assert_eq!(body["common_name"], "app.example.test");
    assert_eq!(body["alt_names"], "a.example.test,a@example.test");
    assert_eq!(body["uri_sans"], json!(["spiffe://example.test/ns/a"]));
    assert!(body.get("remove_roots_from_chain").is_none());
    assert_eq!(
        (issued.intermediates.len(), issued.root.is_some()),
        (1, true)
    );
    assert_eq!(issued.lifetime().duration(), Duration::from_secs(86400));
    assert!(issued.server_key_pem().is_none());
    let key = issued.private_key();
    let key = key.secret_pkcs8_der();
    assert!(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key).is_ok());
}

#[tokio::test]
async fn a_role_that_ignores_names_gives_no_certificate() {
    let without_names = Authority::new().changing(|params| {
        params.subject_alt_names.clear();
        params.distinguished_name.push(DnType::CommonName, "other");
    });
    let server = signing(without_names).await;
    let error = sign(&server, &server::request(all_names()))
        .await
        .unwrap_err();
    assert_eq!(error.fault(), FaultKind::Unfit);
    let Error::Mismatched {
        mismatches, serial, ..
    } = &error
    else {
        panic!("{error:?}");
    };
    assert!(serial.contains(':'));
    assert_eq!(mismatches.len(), 5, "{error}");
    assert!(matches!(mismatches[0], Mismatch::CommonName { .. }));
    assert!(error.to_string().contains("it lacks the name IP:192.0.2.7"));
}

#[tokio::test]
async fn a_certificate_for_another_key_is_refused() {
    // The answer to a request of somebody else.
    let server = MockServer::start().await;
    server::answer(&server, SIGN, 0, server::recording("020-sign")).await;
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    let recorded_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_237_600);
    let error = vault.sign(&server::app(), recorded_at).await.unwrap_err();
    match error {
        Error::Mismatched { mismatches, .. } => assert_eq!(mismatches, [Mismatch::OtherKey]),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_expired_answer_is_refused() {
    let server = signing(Authority::new().responder()).await;
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    let later = server::noon() + Duration::from_secs(86400);
    let error = vault.sign(&server::app(), later).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it expired at 2026-11-22T00:00:00Z"),
        "{error}"
    );
}

/// Refuses a key that is none of `algorithm` (by its object identifier).
struct Picky {
    signing: Signing,
    oid: &'static [u8],
    refusal: &'static str,
}

impl wiremock::Respond for Picky {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        use rustls_pki_types::pem::PemObject as _;
        let body: Value = request.body_json().unwrap();
        let csr = body["csr"].as_str().unwrap();
        let der = rustls_pki_types::CertificateSigningRequestDer::from_pem_slice(csr.as_bytes());
        if der
            .unwrap()
            .windows(self.oid.len())
            .any(|part| part == self.oid)
        {
            return self.signing.respond(request);
        }
        server::errors(400, self.refusal)
    }
}

const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const P384: &[u8] = b"\x2b\x81\x04\x00\x22";

async fn picky(oid: &'static [u8], refusal: &'static str) -> MockServer {
    let server = MockServer::start().await;
    let picky = Picky {
        signing: Authority::new().responder(),
        oid,
        refusal,
    };
    Mock::given(path(SIGN))
        .respond_with(picky)
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn auto_makes_the_key_that_the_role_wants() {
    let server = picky(RSA, "role requires keys of type rsa").await;
    let issued = sign(&server, &server::app()).await.unwrap();
    assert_eq!(server::asked(&server).await.len(), 2);
    let key = issued.private_key();
    let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
    assert_eq!(key.public_modulus_len(), 256);

    let refusal = "role requires a minimum of a 384-bit key, but CSR's key is 256 bits";
    let server = picky(P384, refusal).await;
    assert!(sign(&server, &server::app()).await.is_ok());
    assert_eq!(server::asked(&server).await.len(), 2);
}

#[tokio::test]
async fn a_key_type_that_was_chosen_stays() {
    let server = picky(RSA, "role requires keys of type rsa").await;
    let request = CertificateRequest {
        key_type: KeyType::EcP256,
        ..server::app()
    };
    let error = sign(&server, &request).await.unwrap_err();
    assert_eq!(error.fault(), FaultKind::Denied);
    assert!(error.hint().unwrap().contains("key type"));
    assert_eq!(server::asked(&server).await.len(), 1);
}

#[tokio::test]
async fn issue_asks_for_the_key_and_takes_what_vault_makes() {
    let server = MockServer::start().await;
    server::answer(&server, ISSUE, 0, server::recording("025-issue-pkcs8")).await;
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    let recorded_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_237_600);
    let issued = vault.issue(&server::app(), recorded_at).await.unwrap();
    assert!(issued.server_key_pem().is_some());
    let body = server::body(&server, 0).await;
    let expected = json!({"common_name": "app.example.test", "private_key_format": "pkcs8"});
    assert_eq!(body, expected);

    let legacy = CertificateRequest {
        key_format: KeyFormat::Legacy,
        ..server::app()
    };
    vault.issue(&legacy, recorded_at).await.unwrap();
    let body = server::body(&server, 1).await;
    assert_eq!(body, json!({"common_name": "app.example.test"}));
}

#[tokio::test]
async fn issue_names_a_key_type_only_where_the_role_wants_it_named() {
    let server = MockServer::start().await;
    let asks = server::recording("065-issue-any-without-key_type");
    server::answer(&server, ISSUE, 1, asks).await;
    server::answer(&server, ISSUE, 0, server::recording("025-issue-pkcs8")).await;
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    let recorded_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_237_600);
    vault.issue(&server::app(), recorded_at).await.unwrap();
    let body = server::body(&server, 1).await;
    assert_eq!(
        (&body["key_type"], &body["key_bits"]),
        (&json!("ec"), &json!(256))
    );
}

#[tokio::test]
async fn names_that_cannot_be_sent_are_refused_before_anything_is() {
    let server = MockServer::start().await;
    let names = Names {
        dns: vec!["a,b".to_owned()],
        ..Names::default()
    };
    let error = sign(&server, &server::request(names)).await.unwrap_err();
    assert_eq!(error.fault(), FaultKind::Configuration);
    assert!(server::asked(&server).await.is_empty());
}
