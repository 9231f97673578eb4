use std::time::{Duration, UNIX_EPOCH};

use refresh::{Fault as _, FaultKind};
use rustls_pki_types::PrivateKeyDer;
use vault_pki::{Error, KeyPair, KeyType, Names, Revocable, VaultSettings};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request};

use crate::authority::Authority;
use crate::server::{self, SIGN};

const REVOKE: &str = "/v1/pki-aws/revoke";
const WITH_KEY: &str = "/v1/pki-aws/revoke-with-key";

/// Signs, and answers the revocations with what was recorded.
async fn server() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(SIGN))
        .respond_with(Authority::new().responder())
        .mount(&server)
        .await;
    for at in [REVOKE, WITH_KEY] {
        server::answer(&server, at, 0, server::recording("069-revoke")).await;
    }
    server
}

#[tokio::test]
async fn by_serial_by_certificate_and_with_its_key() {
    let server = server().await;
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    let mount = "pki-aws".parse().unwrap();
    let issued = vault.sign(&server::app(), server::noon()).await.unwrap();
    let key = PrivateKeyDer::from(issued.private_key());
    let end_entity = issued.end_entity.clone();
    let serial = Revocable::Serial(issued.serial.clone());
    let by_serial = vault.revoke(&mount, &serial).await.unwrap();
    let certificate = Revocable::Certificate(end_entity);
    vault.revoke(&mount, &certificate).await.unwrap();
    let revoked = vault.revoke_with_key(&mount, &issued.end_entity, &key);
    assert_eq!(revoked.await.unwrap(), by_serial);
    let at = UNIX_EPOCH + Duration::from_secs(1_795_237_530);
    assert_eq!(by_serial.revoked_at, Some(at));
    assert_eq!(
        server::asked(&server).await,
        [SIGN, REVOKE, REVOKE, WITH_KEY]
    );
    let body = server::body(&server, 1).await;
    assert_eq!(body["serial_number"], issued.serial);
    let body = server::body(&server, 2).await;
    assert!(body["private_key"].is_null());
    let body = server::body(&server, 3).await;
    let certificate = body["certificate"].as_str().unwrap();
    assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----\n"));
    let key = body["private_key"].as_str().unwrap();
    assert!(key.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert!(key.ends_with("-----END PRIVATE KEY-----\n"));
}

#[tokio::test]
async fn what_vault_does_not_know_is_said() {
    let server = MockServer::start().await;
    let unknown = server::recording("071-revoke-unknown");
    server::answer(&server, REVOKE, 0, unknown).await;
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    let serial = Revocable::Serial("11:22".to_owned());
    let error = vault.revoke(&"pki-aws".parse().unwrap(), &serial).await;
    let error = error.unwrap_err();
    assert!(error.to_string().contains("11:22 not found"), "{error}");
    assert!(error.hint().unwrap().contains("no_store"));
}

#[tokio::test]
async fn sign_verbatim_has_a_path_of_its_own_and_is_checked_all_the_same() {
    let server = MockServer::start().await;
    let at = "/v1/pki-aws/sign-verbatim/app";
    Mock::given(method("POST"))
        .and(path(at))
        .respond_with(Authority::new().responder())
        .mount(&server)
        .await;
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    vault
        .sign_verbatim(&server::app(), server::noon())
        .await
        .unwrap();
    let body = server::body(&server, 0).await;
    assert!(body["csr"].is_string() && body["common_name"].is_null());
    let empty = server::request(Names::common_name(""));
    vault
        .sign_verbatim(&empty, server::noon())
        .await
        .unwrap_err();
    assert_eq!(server::asked(&server).await, [at]);
}

#[tokio::test]
async fn a_key_is_not_sent_where_others_can_read_it() {
    let settings = VaultSettings {
        address: "http://vault.example:8200".parse().unwrap(),
        ..VaultSettings::default()
    };
    let vault = server::vault(settings, server::token("s.t"));
    let key = KeyPair::generate(KeyType::Auto).unwrap();
    let key = PrivateKeyDer::from(key.pkcs8());
    let certificate = vec![0; 8].into();
    let mount = "pki-aws".parse().unwrap();
    let error = vault.revoke_with_key(&mount, &certificate, &key).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::KeyInPlainText { .. }), "{error:?}");
    assert_eq!(error.fault(), FaultKind::Configuration);
    assert!(error.hint().unwrap().contains("TLS"));
}

#[tokio::test]
async fn a_key_that_is_repeated_to_us_is_not_repeated_by_us() {
    let server = MockServer::start().await;
    let echo = |request: &Request| {
        let body: serde_json::Value = request.body_json().unwrap();
        let key = body["private_key"].as_str().unwrap();
        let line = key.lines().nth(1).unwrap();
        server::errors(400, &format!("not a key: {key}; {line}"))
    };
    Mock::given(path(WITH_KEY))
        .respond_with(echo)
        .mount(&server)
        .await;
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    let key = vec![0x41; 100];
    let key = PrivateKeyDer::Pkcs8(key.into());
    let certificate = vec![0; 8].into();
    let mount = "pki-aws".parse().unwrap();
    let error = vault.revoke_with_key(&mount, &certificate, &key).await;
    let text = format!("{:?}", error.unwrap_err());
    assert!(text.contains("[secret]"), "{text}");
    assert!(!text.contains("QUFBQUFB"), "{text}");
}
