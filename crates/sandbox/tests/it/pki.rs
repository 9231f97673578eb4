//! Revocation, several issuers, `sign-verbatim`, a rate limit.

use std::time::Duration;

use iamra_sandbox::{Operation, RateLimit};
use rcgen::KeyPair;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::journey::signing_request;
use crate::running::{Clock, Running};

fn error(answer: &Value) -> &str {
    answer["errors"][0].as_str().unwrap_or_default()
}

fn text(answer: &Value, name: &str) -> String {
    answer["data"][name].as_str().unwrap().to_owned()
}

async fn issue(running: &Running, path: &str) -> Value {
    let body = json!({"common_name": "app.example.test"});
    let root = running.vault_root_token().expose_secret().to_owned();
    let path = format!("pki-aws/{path}");
    let (status, answer) = running.post(&path, &root, &body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// Against OpenBao 2.6.2.
#[tokio::test]
async fn who_has_the_key_revokes_without_a_wide_policy() {
    let running = Running::standard().await;
    let own = issue(&running, "issue/iamra").await;
    let other = issue(&running, "issue/iamra").await;
    let rsa = issue(&running, "issue/default-role").await;
    let serial = text(&own, "serial_number");
    let revoke = async |body: Value| {
        let path = "pki-aws/revoke-with-key";
        running.post(path, &running.token(), &body).await
    };
    let differs = "1 error occurred:\n\t* provided private key";
    for (key, status, words) in [
        (
            None,
            400,
            "Must have private key to revoke via the /revoke-with-key path.".to_owned(),
        ),
        (
            Some(text(&other, "private_key")),
            500,
            format!("{differs} does not match certificate's public key\n\n"),
        ),
        (
            Some(text(&rsa, "private_key")),
            500,
            format!("{differs} type does not match certificate's public key type\n\n"),
        ),
        (Some(text(&own, "private_key")), 200, String::new()),
        (Some(text(&own, "private_key")), 200, String::new()),
    ] {
        let mut body = json!({ "serial_number": serial });
        if let Some(key) = key {
            body["private_key"] = key.into();
        }
        let (answered, answer) = revoke(body).await;
        assert_eq!((answered, error(&answer)), (status, words.as_str()));
    }
    assert_eq!(running.revoked_serials(), [serial.as_str()]);
    let (_, read) = running.get(&format!("pki-aws/cert/{serial}"), "").await;
    assert_ne!(read["data"]["revocation_time"], 0);
    assert_eq!(read["data"]["issuer_id"], running.issuer_id().await);
    assert_eq!(running.requests().count(Operation::VaultRevoke), 5);

    // One that is not stored is brought along.
    let unstored = issue(&running, "issue/nostore").await;
    let (status, answer) = revoke(json!({
        "certificate": text(&unstored, "certificate"),
        "private_key": text(&unstored, "private_key"),
    }))
    .await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(running.revoked_serials().len(), 2);
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_not_revoked() {
    let running = Running::standard().await;
    let root = running.vault_root_token().expose_secret().to_owned();
    let foreign = running.foreign_client_certificate("x").unwrap();
    let body = json!({"certificate": foreign.certificate_pem});
    let (status, answer) = running.post("pki-aws/revoke", &root, &body).await;
    assert_eq!(status, 500);
    assert!(error(&answer).contains("unable to verify signature on presented cert"));
    let (status, answer) = running.post("pki-aws/revoke", &root, &json!({})).await;
    let words = "The serial number or certificate to revoke must be provided.";
    assert_eq!((status, error(&answer)), (400, words));
}

#[tokio::test]
async fn the_issuer_changes_while_vault_runs() {
    let running = Running::standard().await;
    let before = issue(&running, "issue/iamra").await;
    let next = running.add_issuer("next").unwrap();
    let after = issue(&running, "issue/iamra").await;
    assert_eq!(text(&after, "issuing_ca"), text(&before, "issuing_ca"));
    let named = issue(&running, "issuer/next/issue/iamra").await;
    assert_eq!(text(&named, "issuing_ca"), next.trim());
    assert_eq!(named["data"]["ca_chain"].as_array().unwrap().len(), 2);

    // Everybody may see them, as on the real one.
    let (status, list) = running.get("pki-aws/issuers?list=true", "").await;
    assert_eq!(status, 200);
    assert_eq!(list["data"]["keys"].as_array().unwrap().len(), 3);
    let listed = list["data"]["key_info"].as_object().unwrap();
    let defaults = listed.values().filter(|it| it["is_default"] == true);
    assert_eq!(defaults.count(), 1);
    assert_eq!(running.get("pki-aws/issuers", "").await.0, 403);
    let (_, json) = running.get("pki-aws/issuer/next/json", "").await;
    assert_eq!(json["data"]["issuer_name"], "next");
    assert_eq!(json["data"]["certificate"], next);
    let (status, answer) = running.get("pki-aws/issuer/nope/json", "").await;
    let words = "unable to find PKI issuer for reference: nope";
    assert_eq!((status, error(&answer)), (500, words));

    let root = running.add_root_issuer("new-root").unwrap();
    let above = issue(&running, "issuer/new-root/issue/iamra").await;
    assert_eq!(above["data"]["ca_chain"], json!([root.trim()]));

    assert!(!running.set_default_issuer("nope"));
    assert!(running.set_default_issuer("next"));
    let switched = issue(&running, "issue/iamra").await;
    assert_eq!(text(&switched, "issuing_ca"), next.trim());
}

#[tokio::test]
async fn a_rate_limit_lasts_an_interval() {
    let clock = Clock::recorded();
    let running = Running::with(clock.settings()).await;
    let minute = Duration::from_secs(60);
    running.limit_rate(Some(RateLimit {
        path: "pki-aws/".into(),
        requests: 2,
        interval: minute,
    }));
    let read = || async { running.get("pki-aws/cert/ca_chain", "").await.0 };
    assert_eq!([read().await, read().await, read().await], [200, 200, 429]);
    assert_eq!(running.get("pki/cert/ca_chain", "").await.0, 200);
    clock.advance(minute);
    assert_eq!(read().await, 200);
    running.limit_rate(None);
    assert_eq!([read().await, read().await], [200, 200]);
}

#[tokio::test]
async fn verbatim_has_no_names_but_those_of_the_signing_request() {
    let running = Running::standard().await;
    let root = running.vault_root_token().expose_secret().to_owned();
    let csr = signing_request(&KeyPair::generate().unwrap(), &[]);
    let body = json!({"csr": csr, "common_name": "other"});
    let (status, answer) = running.post("pki-aws/sign-verbatim", &root, &body).await;
    assert_eq!(status, 200, "{answer}");
    let pem = text(&answer, "certificate");
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
    let certificate = pem.parse_x509().unwrap();
    assert_eq!(certificate.subject().to_string(), "CN=app.example.test");
    assert!(certificate.subject_alternative_name().unwrap().is_none());
    assert!(certificate.extended_key_usage().unwrap().is_none());
    assert!(certificate.basic_constraints().unwrap().is_none());
    let (status, answer) = running
        .post("pki-aws/sign-verbatim/nope", &root, &body)
        .await;
    assert_eq!((status, error(&answer)), (400, "unknown role: nope"));
    // No client may, unless its policy says so.
    let (status, _) = running
        .post("pki-aws/sign-verbatim", &running.token(), &body)
        .await;
    assert_eq!(status, 403);
}
