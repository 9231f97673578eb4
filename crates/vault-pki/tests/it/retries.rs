use std::sync::Arc;
use std::time::Duration;

use refresh::{Fault as _, FaultKind};
use vault_pki::{Error, Vault, VaultSettings};
use wiremock::{MockServer, ResponseTemplate};

use crate::server::{self, ImpatientClock, SIGN};

async fn sign(settings: VaultSettings) -> (Error, Vec<Duration>) {
    let clock = ImpatientClock::new();
    let login = server::token("s.t");
    let vault = Vault::new(settings, login, Arc::new(clock.clone())).unwrap();
    let error = vault
        .sign(&server::app(), server::noon())
        .await
        .unwrap_err();
    (error, clock.waits())
}

/// How often an answer is asked for, with two retries.
#[tokio::test]
async fn what_passes_is_tried_again_and_what_stays_is_not() {
    for (status, text, tries, fault) in [
        (400, "unknown role: nope", 1, FaultKind::Denied),
        (404, "namespace not found", 1, FaultKind::Denied),
        (
            412,
            "required index state not present",
            3,
            FaultKind::Unavailable,
        ),
        (429, "rate limit quota exceeded", 3, FaultKind::Unavailable),
        (500, "internal error", 2, FaultKind::Unavailable),
        (
            500,
            "unable to find PKI issuer for reference: x",
            1,
            FaultKind::Denied,
        ),
        (501, "not initialized", 1, FaultKind::Unavailable),
        (502, "bad gateway", 3, FaultKind::Unavailable),
        (503, "Vault is sealed", 3, FaultKind::Unavailable),
        (504, "gateway timeout", 3, FaultKind::Unavailable),
    ] {
        let server = MockServer::start().await;
        server::answer(&server, SIGN, 0, server::errors(status, text)).await;
        let (error, waits) = sign(server::settings(&server)).await;
        assert_eq!(server::asked(&server).await.len(), tries, "{status} {text}");
        assert_eq!(waits.len(), tries - 1, "{status} {text}");
        assert_eq!(error.fault(), fault, "{status} {text}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[tokio::test]
async fn html_from_a_proxy_is_not_vault() {
    let html = |status| ResponseTemplate::new(status).set_body_raw("<h1>hunter2</h1>", "text/html");
    for (status, tries, fault) in [
        (200, 1, FaultKind::Failed),
        (403, 1, FaultKind::Failed),
        (502, 3, FaultKind::Unavailable),
    ] {
        let server = MockServer::start().await;
        server::answer(&server, SIGN, 0, html(status)).await;
        let (error, _) = sign(server::settings(&server)).await;
        assert!(matches!(error, Error::NotVault { .. }), "{error:?}");
        assert!(error.to_string().contains("text/html, which is not Vault"));
        assert!(!format!("{error:?}").contains("hunter2"));
        assert_eq!(error.fault(), fault);
        assert_eq!(server::asked(&server).await.len(), tries, "{status}");
    }
}

#[tokio::test]
async fn the_error_of_vaults_relatives_is_understood() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(400).set_body_string(r#"{"error":"unknown role: x"}"#);
    server::answer(&server, SIGN, 0, answer).await;
    let (error, _) = sign(server::settings(&server)).await;
    assert!(error.to_string().contains("unknown role: x"), "{error}");
}

#[tokio::test]
async fn retry_after_is_the_least_wait() {
    let server = MockServer::start().await;
    let answer = server::errors(429, "quota").insert_header("retry-after", "7");
    server::answer(&server, SIGN, 0, answer).await;
    let (error, waits) = sign(server::settings(&server)).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    for wait in waits {
        assert!((7.0..=8.0).contains(&wait.as_secs_f64()), "{wait:?}");
    }
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_not_begun() {
    let server = MockServer::start().await;
    let answer = server::errors(429, "quota").insert_header("retry-after", "20");
    server::answer(&server, SIGN, 0, answer).await;
    let settings = VaultSettings {
        timeout: Duration::from_secs(10),
        ..server::settings(&server)
    };
    let (_, waits) = sign(settings).await;
    assert!(waits.is_empty());
}

#[tokio::test]
async fn nobody_there_is_tried_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let settings = VaultSettings {
        address: address.parse().unwrap(),
        ..VaultSettings::default()
    };
    let (error, waits) = sign(settings).await;
    assert!(matches!(error, Error::NoAnswer { .. }), "{error:?}");
    assert_eq!(error.fault(), FaultKind::Unavailable);
    assert_eq!(waits.len(), 2);
}

#[tokio::test]
async fn a_server_that_never_answers_ends_with_the_timeout() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    server::answer(&server, SIGN, 0, answer).await;
    let settings = VaultSettings {
        timeout: Duration::from_millis(200),
        ..server::settings(&server)
    };
    let (error, _) = sign(settings).await;
    assert_eq!(error.fault(), FaultKind::Unavailable);
    assert!(error.to_string().contains("no answer"), "{error}");
}
