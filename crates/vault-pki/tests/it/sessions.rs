use std::sync::Arc;
use std::time::Duration;

use refresh::{Fault as _, FaultKind};
use serde_json::json;
use vault_pki::{Token, Vault, VaultSettings};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::authority::Authority;
use crate::server::{self, ISSUE, ImpatientClock, LOGIN, REVOKE, SIGN};

const POLICY: &str = "1 error occurred:\n\t* permission denied\n\n";

/// Signs for whoever has `token`.
async fn sign_for(server: &MockServer, token: &str) {
    Mock::given(method("POST"))
        .and(path(SIGN))
        .and(header("x-vault-token", token))
        .respond_with(Authority::new().responder())
        .mount(server)
        .await;
}

#[tokio::test]
async fn two_requests_from_login_to_certificate_and_one_login_for_all() {
    let server = MockServer::start().await;
    server::answer(&server, LOGIN, 0, server::logged_in("s.1")).await;
    server::answer(&server, REVOKE, 0, ResponseTemplate::new(204)).await;
    sign_for(&server, "s.1").await;
    let vault = server::vault(server::settings(&server), server::kubernetes());
    vault.sign(&server::app(), server::noon()).await.unwrap();
    assert_eq!(server::asked(&server).await, [LOGIN, SIGN]);
    vault.sign(&server::app(), server::noon()).await.unwrap();
    vault.finish().await.unwrap();
    vault.finish().await.unwrap();
    assert_eq!(server::asked(&server).await, [LOGIN, SIGN, SIGN, REVOKE]);
}

#[tokio::test]
async fn a_token_that_vault_no_longer_takes_is_replaced_once() {
    let server = MockServer::start().await;
    server::answer(&server, LOGIN, 1, server::logged_in("s.1")).await;
    server::answer(&server, LOGIN, 0, server::logged_in("s.2")).await;
    sign_for(&server, "s.2").await;
    server::answer(&server, SIGN, 0, server::recording("095-bad-token")).await;
    let vault = server::vault(server::settings(&server), server::kubernetes());
    vault.sign(&server::app(), server::noon()).await.unwrap();
    assert_eq!(server::asked(&server).await, [LOGIN, SIGN, LOGIN, SIGN]);
    let logins = vault.take_logins();
    let tokens = ["s.1", "s.2"].map(|text| Token::new(&text.into()).ok());
    assert_eq!([&logins[0].token, &logins[1].token], tokens.each_ref());
    assert_eq!(logins.len(), 2);
    assert!(vault.take_logins().is_empty(), "each login once");
}

#[tokio::test]
async fn two_at_once_share_one_login_and_one_more() {
    let server = MockServer::start().await;
    server::answer(&server, LOGIN, 1, server::logged_in("s.1")).await;
    server::answer(&server, LOGIN, 0, server::logged_in("s.2")).await;
    sign_for(&server, "s.2").await;
    server::answer(&server, SIGN, 0, server::recording("095-bad-token")).await;
    let vault = server::vault(server::settings(&server), server::kubernetes());
    vault.session().await.unwrap();
    let sign = || async { vault.sign(&server::app(), server::noon()).await };
    let (one, other) = tokio::join!(sign(), sign());
    assert!(one.is_ok() && other.is_ok());
    let asked = server::asked(&server).await;
    let logins = asked.iter().filter(|path| *path == LOGIN).count();
    assert_eq!(logins, 2, "{asked:?}");
}

#[tokio::test]
async fn a_refusal_that_stays_ends_after_one_more_login() {
    let server = MockServer::start().await;
    server::answer(&server, LOGIN, 1, server::logged_in("s.1")).await;
    server::answer(&server, LOGIN, 0, server::logged_in("s.2")).await;
    server::answer(&server, SIGN, 0, server::recording("095-bad-token")).await;
    let vault = server::vault(server::settings(&server), server::kubernetes());
    let error = vault
        .sign(&server::app(), server::noon())
        .await
        .unwrap_err();
    assert_eq!(error.fault(), FaultKind::Denied);
    assert_eq!(server::asked(&server).await, [LOGIN, SIGN, LOGIN, SIGN]);
}

#[tokio::test]
async fn policies_of_a_moment_ago_are_not_asked_for_again() {
    let server = MockServer::start().await;
    server::answer(&server, LOGIN, 0, server::logged_in("s.1")).await;
    server::answer(&server, SIGN, 0, server::errors(403, POLICY)).await;
    let vault = server::vault(server::settings(&server), server::kubernetes());
    let error = vault
        .sign(&server::app(), server::noon())
        .await
        .unwrap_err();
    assert!(error.hint().unwrap().contains("mode issue"));
    assert_eq!(server::asked(&server).await, [LOGIN, SIGN]);
}

#[tokio::test]
async fn a_token_of_somebody_else_is_neither_replaced_nor_revoked() {
    let server = MockServer::start().await;
    server::answer(&server, SIGN, 0, server::recording("095-bad-token")).await;
    let vault = server::vault(server::settings(&server), server::token("s.theirs\n"));
    vault
        .sign(&server::app(), server::noon())
        .await
        .unwrap_err();
    vault.finish().await.unwrap();
    assert_eq!(server::asked(&server).await, [SIGN]);
    assert!(vault.take_logins().is_empty(), "nobody has logged in");
    let token = server::header(&server, 0, "x-vault-token").await;
    assert_eq!(token.as_deref(), Some("s.theirs"));
}

#[tokio::test]
async fn a_token_that_a_certificate_hangs_on_is_not_revoked() {
    let server = MockServer::start().await;
    server::answer(&server, LOGIN, 0, server::logged_in("s.1")).await;
    server::answer(&server, ISSUE, 0, server::recording("146-issue-with-lease")).await;
    let vault = server::vault(server::settings(&server), server::kubernetes());
    let recorded_at = std::time::UNIX_EPOCH + Duration::from_secs(1_795_237_600);
    let issued = vault.issue(&server::app(), recorded_at).await.unwrap();
    assert!(issued.lease.is_some());
    vault.finish().await.unwrap();
    assert_eq!(server::asked(&server).await, [LOGIN, ISSUE]);
}

#[tokio::test]
async fn an_expired_token_is_not_even_tried() {
    let server = MockServer::start().await;
    server::answer(&server, LOGIN, 0, server::logged_in("s.1")).await;
    let clock = ImpatientClock::new();
    let settings = server::settings(&server);
    let vault = Vault::new(settings, server::kubernetes(), Arc::new(clock.clone())).unwrap();
    vault.session().await.unwrap();
    clock.advance(Duration::from_secs(1199));
    vault.session().await.unwrap();
    assert_eq!(server::asked(&server).await.len(), 1);
    clock.advance(Duration::from_secs(1));
    vault.session().await.unwrap();
    assert_eq!(server::asked(&server).await.len(), 2);
}

#[tokio::test]
async fn login_and_certificate_go_to_their_namespaces_under_the_prefix() {
    let server = MockServer::start().await;
    let login = "/secrets/v1/auth/kubernetes/login";
    server::answer(&server, login, 0, server::logged_in("s.1")).await;
    let settings = VaultSettings {
        address: format!("{}/secrets/", server.uri()).parse().unwrap(),
        namespace: Some("team".parse().unwrap()),
        pki_namespace: Some("team/pki".parse().unwrap()),
        ..VaultSettings::default()
    };
    let vault = server::vault(settings, server::kubernetes());
    let error = vault
        .sign(&server::app(), server::noon())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("namespace team/pki"), "{error}");
    let expected = [login.to_owned(), format!("/secrets{SIGN}")];
    assert_eq!(server::asked(&server).await, expected);
    let namespace = |number| server::header(&server, number, "x-vault-namespace");
    assert_eq!(namespace(0).await.as_deref(), Some("team"));
    assert_eq!(namespace(1).await.as_deref(), Some("team/pki"));
}

#[tokio::test]
async fn what_doctor_asks() {
    let server = MockServer::start().await;
    for (at, recording) in [
        ("/v1/auth/token/lookup-self", "089-lookup-self"),
        ("/v1/pki-aws/roles/app", "014-role-read"),
        ("/v1/sys/health", "211-sealed-health"),
    ] {
        Mock::given(method("GET"))
            .and(path(at))
            .respond_with(server::recording(recording))
            .mount(&server)
            .await;
    }
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    assert_eq!(vault.token_info().await.unwrap().display_name, "approle");
    let role = ("pki-aws".parse().unwrap(), "app".parse().unwrap());
    assert_eq!(vault.role(&role.0, &role.1).await.unwrap().key_bits, 256);
    let health = vault.health().await.unwrap();
    assert_eq!((health.status.as_u16(), health.is_sealed), (503, true));
    // No token where none is needed.
    assert_eq!(server::header(&server, 2, "x-vault-token").await, None);
}

#[tokio::test]
async fn health_of_what_is_not_vault_is_an_error() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({"status": "UP"}));
    Mock::given(path("/v1/sys/health"))
        .respond_with(answer)
        .mount(&server)
        .await;
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    let error = vault.health().await.unwrap_err();
    assert!(error.to_string().contains("which is not Vault"), "{error}");
}

/// A daemon has one `Vault` for many tasks.
#[tokio::test]
async fn a_call_may_move_between_threads() {
    let server = MockServer::start().await;
    sign_for(&server, "s.t").await;
    let vault = Arc::new(server::vault(
        server::settings(&server),
        server::token("s.t"),
    ));
    let task = async move { vault.sign(&server::app(), server::noon()).await };
    assert!(tokio::spawn(task).await.unwrap().is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_an_address() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("agent.sock");
    let listener = tokio::net::UnixListener::bind(&socket).unwrap();
    let settings = VaultSettings {
        address: format!("unix://{}", socket.display()).parse().unwrap(),
        ..VaultSettings::default()
    };
    let vault = server::vault(settings, server::token("s.t"));
    let answer = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 2048];
        let length = stream.read(&mut head).await.unwrap();
        let body = r#"{"initialized":true,"sealed":false}"#;
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&head[..length]).into_owned()
    };
    let (health, head) = tokio::join!(vault.health(), answer);
    assert!(health.unwrap().is_initialised);
    assert!(head.starts_with("GET /v1/sys/health HTTP/1.1"), "{head}");
}
