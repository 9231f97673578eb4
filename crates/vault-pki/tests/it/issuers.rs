use std::time::Duration;

use serde_json::json;
use vault_pki::{Error, VaultSettings};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::server;

async fn answering(verb: &str, at: &str, answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    mount(&server, (verb, at), answer).await;
    server
}

async fn mount(server: &MockServer, (verb, at): (&str, &str), answer: ResponseTemplate) {
    let mock = Mock::given(method(verb)).and(path(at)).respond_with(answer);
    mock.mount(server).await;
}

#[tokio::test]
async fn an_issuer_is_read_without_a_token() {
    let answer = server::recording("073-issuer-default-json");
    let server = answering("GET", "/v1/pki-aws/issuer/default/json", answer).await;
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    let issuer = vault
        .issuer(&"pki-aws".parse().unwrap(), None)
        .await
        .unwrap();
    assert_eq!(issuer.subject, "CN=iamra test intermediate");
    assert_eq!(issuer.is_default, Some(true));
    assert!(!issuer.is_self_signed);
    assert_eq!(issuer.ca_chain.len(), 1, "its own issuer, not itself");
    assert!(issuer.not_before < issuer.not_after);
    assert!(issuer.pem().ends_with("-----END CERTIFICATE-----\n"));
    assert!(!issuer.id.is_empty() && !issuer.serial.is_empty());
    assert_eq!(server::header(&server, 0, "x-vault-token").await, None);
}

#[tokio::test]
async fn all_issuers_the_default_first() {
    let list = json!({"data": {
        "keys": ["id-1", "id-2"],
        "key_info": {
            "id-1": {"is_default": false, "issuer_name": "next", "key_id": ""},
            "id-2": {"is_default": true, "issuer_name": "now", "key_id": "k"},
        },
    }});
    let list = ResponseTemplate::new(200).set_body_json(list);
    let server = answering("LIST", "/v1/pki-aws/issuers", list).await;
    for id in ["id-1", "id-2"] {
        let at = format!("/v1/pki-aws/issuer/{id}/json");
        let answer = server::recording("073-issuer-default-json");
        mount(&server, ("GET", &at), answer).await;
    }
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    let issuers = vault.issuers(&"pki-aws".parse().unwrap()).await.unwrap();
    let defaults: Vec<_> = issuers.iter().map(|issuer| issuer.is_default).collect();
    assert_eq!(defaults, [Some(true), Some(false)]);
    let keys: Vec<_> = issuers.iter().map(|issuer| issuer.has_key).collect();
    assert_eq!(keys, [Some(true), Some(false)]);
    let asked = server::asked(&server).await;
    assert_eq!(asked.len(), 3, "{asked:?}");
}

/// What a mount says of an issuer that was deleted since it was listed.
#[tokio::test]
async fn an_issuer_that_is_deleted_meanwhile_is_left_out() {
    let list = json!({"data": {"keys": ["id-1", "id-2", "id-3"]}});
    let list = ResponseTemplate::new(200).set_body_json(list);
    let server = answering("LIST", "/v1/pki-aws/issuers", list).await;
    for (id, answer) in [
        ("id-1", server::recording("040-issue-bad-issuer")),
        ("id-2", server::errors(404, "no such issuer")),
        ("id-3", server::recording("073-issuer-default-json")),
    ] {
        let at = format!("/v1/pki-aws/issuer/{id}/json");
        mount(&server, ("GET", &at), answer).await;
    }
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    let issuers = vault.issuers(&"pki-aws".parse().unwrap()).await.unwrap();
    assert_eq!(issuers.len(), 1);
}

#[tokio::test]
async fn many_slow_issuers_take_no_longer_than_one_call_may() {
    let keys: Vec<String> = (0..100).map(|number| format!("id-{number}")).collect();
    let list = ResponseTemplate::new(200).set_body_json(json!({"data": {"keys": keys}}));
    let server = answering("LIST", "/v1/pki-aws/issuers", list).await;
    let slow = server::recording("073-issuer-default-json").set_delay(Duration::from_millis(100));
    Mock::given(method("GET"))
        .respond_with(slow)
        .mount(&server)
        .await;
    let settings = VaultSettings {
        timeout: Duration::from_secs(1),
        ..server::settings(&server)
    };
    let vault = server::vault(settings, server::token("s.t"));
    let error = vault.issuers(&"pki-aws".parse().unwrap()).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::DeadlineExceeded { .. }), "{error:?}");
}

async fn offers_acme(status: u16, body: &serde_json::Value) -> Result<bool, Error> {
    let answer = ResponseTemplate::new(status).set_body_json(body);
    let server = answering("GET", "/v1/pki-aws/acme/directory", answer).await;
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    let offered = vault.offers_acme(&"pki-aws".parse().unwrap()).await;
    assert_eq!(server::header(&server, 0, "x-vault-token").await, None);
    assert_eq!(server::asked(&server).await.len(), 1, "asked once");
    offered
}

#[tokio::test]
async fn acme_is_offered_where_there_is_a_directory() {
    let directory = json!({"newOrder": "https://vault/v1/pki-aws/acme/new-order"});
    for (status, body, expected) in [
        (200, &directory, true),
        (404, &json!(null), false),
        (403, &directory, false),
    ] {
        assert_eq!(offers_acme(status, body).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn what_says_nothing_about_acme_is_an_error() {
    for (status, body, expected) in [
        (200, json!({"errors": []}), "no ACME directory"),
        (
            503,
            json!({"errors": ["Vault is sealed"]}),
            "Vault is sealed",
        ),
        (429, json!({"errors": ["quota"]}), "quota"),
        (502, json!(null), "which is not Vault"),
    ] {
        let error = offers_acme(status, &body).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn an_answer_without_a_certificate_is_no_issuer() {
    for data in [json!({}), json!({"certificate": "hunter2"}), json!(null)] {
        let answer = ResponseTemplate::new(200).set_body_json(json!({"data": data}));
        let server = answering("GET", "/v1/pki-aws/issuer/next/json", answer).await;
        let vault = server::vault(server::settings(&server), server::token("s.t"));
        let next = "next".parse().unwrap();
        let found = vault.issuer(&"pki-aws".parse().unwrap(), Some(&next)).await;
        let error = found.unwrap_err().to_string();
        assert!(error.contains("cannot be used"), "{error}");
        assert!(!error.contains("hunter2"));
    }
}

#[tokio::test]
async fn roles_are_listed_with_a_token() {
    let list = ResponseTemplate::new(200).set_body_json(json!({"data": {"keys": ["a", "b"]}}));
    let server = answering("LIST", "/v1/pki-aws/roles", list).await;
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    let roles = vault.roles(&"pki-aws".parse().unwrap()).await.unwrap();
    assert_eq!(roles, ["a", "b"]);
    let token = server::header(&server, 0, "x-vault-token").await;
    assert_eq!(token.as_deref(), Some("s.t"));
}
