//! What the recordings do not show: tokens in time, namespaces, names and keys.

use std::time::Duration;

use iamra_sandbox::{Policy, ServiceAccount};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use crate::running::{Clock, Running};

fn error(answer: &Value) -> &str {
    answer["errors"][0].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_token_lives_as_long_as_its_lease() {
    let clock = Clock::recorded();
    let running = Running::with(clock.settings()).await;
    let token = running.log_in("iamra").await;
    let lookup = || async { running.get("auth/token/lookup-self", &token).await };
    assert_eq!(lookup().await.1["data"]["ttl"], 1200);
    clock.advance(Duration::from_secs(600));
    assert_eq!(lookup().await.1["data"]["ttl"], 600);
    let (_, renewed) = running
        .post("auth/token/renew-self", &token, &json!({}))
        .await;
    assert_eq!(renewed["auth"]["lease_duration"], 1200);
    // Renewing ends at the longest life, an hour after the login.
    clock.advance(Duration::from_secs(1190));
    let body = json!({"increment": "40m"});
    let (_, renewed) = running.post("auth/token/renew-self", &token, &body).await;
    assert_eq!(renewed["auth"]["lease_duration"], 3600 - 1790);
    assert_eq!(renewed["warnings"].as_array().unwrap().len(), 1);
    clock.advance(Duration::from_secs(1810));
    let (status, answer) = lookup().await;
    assert_eq!((status, error(&answer)), (403, "permission denied"));
}

#[tokio::test]
async fn a_revoked_token_is_gone() {
    let running = Running::standard().await;
    let token = running.log_in("iamra").await;
    let revoke = || running.post("auth/token/revoke-self", &token, &Value::Null);
    assert_eq!(revoke().await.0, 204);
    assert_eq!(revoke().await.0, 403);
}

#[tokio::test]
async fn a_bearer_token_and_the_request_header_are_fine() {
    let running = Running::standard().await;
    let url = format!("{}/v1/auth/token/lookup-self", running.vault_url());
    let request = running.client.get(url).header("x-vault-request", "true");
    let response = request.bearer_auth(running.token()).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
}

#[tokio::test]
async fn root_tokens_are_for_ever() {
    let running = Running::standard().await;
    let root = running.vault_root_token().expose_secret().to_owned();
    let (_, answer) = running.get("auth/token/lookup-self", &root).await;
    assert_eq!(answer["data"]["expire_time"], Value::Null);
    assert_eq!(answer["data"]["renewable"], false);
    let (status, answer) = running
        .post("auth/token/renew-self", &root, &json!({}))
        .await;
    assert_eq!((status, error(&answer)), (400, "lease is not renewable"));
}

#[tokio::test]
async fn everything_may_be_in_a_namespace() {
    let mut settings = Clock::recorded().settings();
    settings.vault_namespace = Some("team2".into());
    let running = Running::with(settings).await;
    let variables = running.environment();
    assert!(variables.contains(&("VAULT_NAMESPACE".into(), "team2".into())));
    let token = running.token();
    let body = json!({"common_name": "app.example.test"});
    for (prefix, header, status) in [
        ("", Some("team2"), 200),
        ("", Some("team2/"), 200),
        ("team2/", None, 200),
        ("", None, 404),
        ("", Some("nope"), 404),
    ] {
        let url = format!("{}/v1/{prefix}pki-aws/issue/iamra", running.vault_url());
        let mut request = running.client.post(url).header("x-vault-token", &token);
        if let Some(namespace) = header {
            request = request.header("x-vault-namespace", namespace);
        }
        let response = request.body(body.to_string()).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{prefix} {header:?}");
    }
}

#[tokio::test]
async fn the_login_may_be_mounted_elsewhere() {
    let mut settings = Clock::recorded().settings();
    settings.kubernetes_role.mount = "clusters/one".into();
    let running = Running::with(settings).await;
    let jwt = running.service_account_token(&ServiceAccount::default());
    let body = json!({"role": "iamra", "jwt": jwt.unwrap().expose_secret()});
    for (mount, status) in [("clusters/one", 200), ("kubernetes", 403)] {
        let path = format!("auth/{mount}/login");
        let (answered, answer) = running.post(&path, "", &body).await;
        assert_eq!(answered, status, "{mount}: {answer}");
    }
}

#[tokio::test]
async fn a_policy_is_a_matter_of_settings() {
    let mut settings = Clock::recorded().settings();
    settings.policy = Policy::issue_only("iamra");
    let running = Running::with(settings).await;
    let body = json!({"common_name": "app.example.test"});
    for (path, status) in [
        ("pki-aws/issue/iamra", 200),
        ("pki-aws/issue/p521", 403),
        ("pki-aws/sign/iamra", 403),
    ] {
        let (answered, _) = running.post(path, &running.token(), &body).await;
        assert_eq!(answered, status, "{path}");
    }
    let (status, _) = running.get("pki-aws/roles/iamra", &running.token()).await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn roles_are_listed_for_who_may_list_them() {
    let list = Policy::none().allow("pki-aws/roles", &["list"]);
    let read = Policy::none().allow("pki-aws/roles", &["read"]);
    for (what, policy, expected) in [
        ("list", list, 200),
        ("read", read, 403),
        ("nothing", Policy::issue_only("iamra"), 403),
    ] {
        let mut settings = Clock::recorded().settings();
        settings.policy = policy;
        let running = Running::with(settings).await;
        let token = running.token();
        let (status, answer) = running.list("pki-aws/roles", &token).await;
        assert_eq!(status, expected, "{what}: {answer}");
        let (asked, same) = running.get("pki-aws/roles?list=true", &token).await;
        assert_eq!(asked, expected, "{what}: {same}");
        if expected == 200 {
            let keys = answer["data"]["keys"].as_array().unwrap();
            assert!(keys.contains(&json!("iamra")), "{answer}");
            assert!(keys.is_sorted_by_key(|key| key.as_str()), "{answer}");
            assert_eq!(answer["data"], same["data"]);
        } else {
            assert!(error(&answer).contains("permission denied"), "{answer}");
        }
    }
}

#[tokio::test]
async fn issued_certificates_say_what_the_role_says() {
    let running = Running::standard().await;
    for (role, usage, client, basic_constraints) in [
        ("iamra", Some(true), true, true),
        ("default-role", Some(true), true, false),
        ("no-keyusage", None, true, false),
        ("keyenc-only", Some(false), true, false),
        ("server-only", Some(true), false, false),
        ("p384", Some(true), true, false),
        ("p521", Some(true), true, false),
        ("ed25519", Some(true), true, false),
    ] {
        let body = json!({
            "common_name": "app.example.test",
            "alt_names": "b.example.test",
            "ip_sans": "10.0.0.1",
        });
        let path = format!("pki-aws/issue/{role}");
        let (status, answer) = running.post(&path, &running.token(), &body).await;
        assert_eq!(status, 200, "{role}: {answer}");
        let pem = answer["data"]["certificate"].as_str().unwrap();
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        let (_, certificate) = X509Certificate::from_der(&der).unwrap();
        let key_usage = certificate.key_usage().unwrap();
        let signs = key_usage.map(|usage| usage.value.digital_signature());
        assert_eq!(signs, usage, "{role}");
        let purposes = certificate.extended_key_usage().unwrap().unwrap().value;
        assert_eq!(purposes.client_auth, client, "{role}");
        let constraints = certificate.basic_constraints().unwrap();
        assert_eq!(constraints.is_some(), basic_constraints, "{role}");
        let names = certificate.subject_alternative_name().unwrap().unwrap();
        assert_eq!(names.value.general_names.len(), 3, "{role}");
        assert_eq!(
            answer["data"]["expiration"],
            certificate.validity().not_after.timestamp()
        );
        assert_eq!(
            certificate.raw_serial_as_string(),
            answer["data"]["serial_number"]
        );
    }
}

#[tokio::test]
async fn signing_requests_prove_that_the_key_is_theirs() {
    let running = Running::standard().await;
    let key = rcgen::KeyPair::generate().unwrap();
    let csr = rcgen::CertificateParams::default()
        .serialize_request(&key)
        .unwrap();
    let mut der = csr.der().to_vec();
    let last = der.len() - 1;
    der[last] ^= 1;
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &der);
    let csr =
        format!("-----BEGIN CERTIFICATE REQUEST-----\n{text}\n-----END CERTIFICATE REQUEST-----\n");
    let body = json!({ "csr": csr });
    let (status, answer) = running
        .post("pki-aws/sign/iamra", &running.token(), &body)
        .await;
    assert_eq!((status, error(&answer)), (400, "request signature invalid"));
}

#[tokio::test]
async fn every_kind_of_key_can_be_signed() {
    let running = Running::standard().await;
    for algorithm in [
        &rcgen::PKCS_RSA_SHA256,
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ECDSA_P521_SHA512,
        &rcgen::PKCS_ED25519,
    ] {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let params = rcgen::CertificateParams::new(vec!["app.example.test".to_owned()]).unwrap();
        let csr = params.serialize_request(&key).unwrap().pem().unwrap();
        let body = json!({ "csr": csr });
        let (status, answer) = running
            .post("pki-aws/sign/any-sign-ed", &running.token(), &body)
            .await;
        assert_eq!(status, 200, "{algorithm:?}: {answer}");
        let pem = answer["data"]["certificate"].as_str().unwrap();
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        let (_, certificate) = X509Certificate::from_der(&der).unwrap();
        let public = rcgen::PublicKeyData::subject_public_key_info(&key);
        assert_eq!(certificate.public_key().raw, public, "{algorithm:?}");
    }
}
