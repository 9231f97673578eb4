use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use refresh::{Fault as _, FaultKind};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use vault_pki::{AppRoleLogin, Error, SecretSource, VaultSettings, WrappedSecret};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::server;

const LOGIN: &str = "/v1/auth/approle/login";
const LOOKUP: &str = "/v1/sys/wrapping/lookup";
const UNWRAP: &str = "/v1/sys/wrapping/unwrap";

#[expect(clippy::disallowed_methods, reason = "the test delivers the secret")]
fn deliver(path: &PathBuf, text: &str) {
    std::fs::write(path, text).unwrap();
}

/// A login with what is delivered at a path, wrapped or not.
fn login(path: &std::path::Path, wrapped: bool) -> Box<AppRoleLogin> {
    let role_id = SecretSource::Text("role".into());
    let secret_id = SecretSource::File(path.to_owned());
    let login = AppRoleLogin::new("approle".parse().unwrap(), role_id, Some(secret_id));
    Box::new(if wrapped {
        let path = "auth/approle/role/iamra/secret-id".to_owned();
        login.wrapped(WrappedSecret::new(Some(path)))
    } else {
        login
    })
}

async fn recorded(server: &MockServer, answers: &[(&str, &str)]) {
    for (at, recording) in answers {
        server::answer(server, at, 0, server::recording(recording)).await;
    }
}

#[tokio::test]
async fn a_secret_id_is_sent_as_it_is() {
    let server = MockServer::start().await;
    recorded(&server, &[(LOGIN, "083-approle-login")]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret-id");
    deliver(&path, "secret\n");
    let vault = server::vault(server::settings(&server), login(&path, false));
    let session = vault.session().await.unwrap();
    assert!(session.is_ours && session.is_renewable && session.num_uses.is_none());
    let body = server::body(&server, 0).await;
    assert_eq!(body, json!({"role_id": "role", "secret_id": "secret"}));
    assert!(path.exists(), "it is not ours to delete");
}

#[tokio::test]
async fn a_wrapped_one_is_looked_at_unwrapped_once_and_remembered() {
    let server = MockServer::start().await;
    recorded(
        &server,
        &[(LOOKUP, "080-wrap-lookup"), (LOGIN, "083-approle-login")],
    )
    .await;
    server::answer(&server, UNWRAP, 1, server::recording("081-unwrap")).await;
    recorded(&server, &[(UNWRAP, "082-unwrap-twice")]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret-id");
    deliver(&path, "s.wrapping\n");
    let vault = server::vault(server::settings(&server), login(&path, true));
    vault.session().await.unwrap();
    assert_eq!(server::asked(&server).await, [LOOKUP, UNWRAP, LOGIN]);
    assert_eq!(
        server::body(&server, 0).await,
        json!({"token": "s.wrapping"})
    );
    // Not as our token: that would spend it.
    assert_eq!(server::header(&server, 0, "x-vault-token").await, None);
    let token = server::header(&server, 1, "x-vault-token").await;
    assert_eq!(token.as_deref(), Some("s.wrapping"));
    let inside = "31cb6db9-9050-cc01-55f9-97023e80ced8";
    assert_eq!(server::body(&server, 2).await["secret_id"], inside);
    assert!(!format!("{vault:?}").contains(inside));
    vault.finish().await.unwrap_err();
    vault.session().await.unwrap();
    let asked = server::asked(&server).await;
    assert_eq!(asked.iter().filter(|path| *path == UNWRAP).count(), 1);
    assert_eq!(asked.iter().filter(|path| *path == LOGIN).count(), 2);
    // Another delivery.
    deliver(&path, r#"{"token":"s.second","ttl":120}"#);
    vault.finish().await.unwrap_err();
    let error = vault.session().await.unwrap_err();
    assert!(error.to_string().starts_with("SECURITY: "), "{error}");
    assert_eq!(error.fault(), FaultKind::Denied);
}

#[tokio::test]
async fn what_another_path_has_wrapped_is_not_unwrapped() {
    let server = MockServer::start().await;
    let foreign = json!({"data": {"creation_path": "sys/wrapping/wrap", "creation_ttl": 120}});
    let foreign = ResponseTemplate::new(200).set_body_json(foreign);
    server::answer(&server, LOOKUP, 0, foreign).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret-id");
    deliver(&path, "s.wrapping");
    let vault = server::vault(server::settings(&server), login(&path, true));
    let error = vault.session().await.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("SECURITY: "), "{text}");
    assert!(text.contains("sys/wrapping/wrap"), "{text}");
    assert!(text.contains("auth/approle/role/iamra/secret-id"), "{text}");
    assert!(error.hint().unwrap().contains("nothing was unwrapped"));
    assert!(!format!("{error:?}").contains("s.wrapping"));
    assert_eq!(server::asked(&server).await, [LOOKUP]);
}

#[tokio::test]
async fn a_spent_wrapping_token_is_found_out_by_the_look() {
    let server = MockServer::start().await;
    recorded(&server, &[(LOOKUP, "082-unwrap-twice")]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret-id");
    deliver(&path, "s.wrapping");
    let vault = server::vault(server::settings(&server), login(&path, true));
    let error = vault.session().await.unwrap_err();
    let start = format!(
        "SECURITY: the wrapping token in {} is spent",
        path.display()
    );
    assert!(error.to_string().starts_with(&start), "{error}");
    assert!(error.hint().unwrap().contains("as stolen"));
}

/// A second attempt would find it spent, and look like theft.
#[tokio::test]
async fn an_unwrapping_whose_answer_was_lost_is_neither_tried_again_nor_theft() {
    let html = ResponseTemplate::new(504).set_body_raw("<html>504</html>", "text/html");
    for lost in [
        html,
        server::errors(500, "internal error"),
        server::errors(502, "bad gateway"),
        ResponseTemplate::new(200).set_body_raw("<html>", "text/html"),
        ResponseTemplate::new(200).set_body_json(json!({"data": {}})),
    ] {
        let server = MockServer::start().await;
        server::answer(&server, LOOKUP, 1, server::recording("080-wrap-lookup")).await;
        recorded(&server, &[(LOOKUP, "082-unwrap-twice")]).await;
        server::answer(&server, UNWRAP, 0, lost).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret-id");
        deliver(&path, "s.wrapping");
        let vault = server::vault(server::settings(&server), login(&path, true));
        vault.session().await.unwrap_err();
        assert_eq!(server::asked(&server).await, [LOOKUP, UNWRAP]);
        // It is spent by now, and not by a thief.
        let error = vault.session().await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("may have been unwrapped"), "{text}");
        assert!(!text.contains("SECURITY"), "{text}");
        assert!(!error.fault().is_transient());
        assert_eq!(server::asked(&server).await, [LOOKUP, UNWRAP, LOOKUP]);
    }
}

/// What is answered before anything was done may be tried again.
#[tokio::test]
async fn an_unwrapping_that_vault_has_not_begun_is_tried_again() {
    let server = MockServer::start().await;
    recorded(&server, &[(LOOKUP, "080-wrap-lookup")]).await;
    let sealed = server::recording("209-sealed-issue");
    server::answer(&server, UNWRAP, 1, sealed).await;
    recorded(
        &server,
        &[(UNWRAP, "081-unwrap"), (LOGIN, "083-approle-login")],
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret-id");
    deliver(&path, "s.wrapping");
    let vault = server::vault(server::settings(&server), login(&path, true));
    vault.session().await.unwrap();
    let expected = [LOOKUP, UNWRAP, UNWRAP, LOGIN];
    assert_eq!(server::asked(&server).await, expected);
}

/// Looks are answered; an unwrapping is not, the connection is closed.
#[tokio::test]
async fn a_connection_that_is_closed_has_lost_the_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = VaultSettings {
        address: format!("http://{}", listener.local_addr().unwrap())
            .parse()
            .unwrap(),
        ..VaultSettings::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret-id");
    deliver(&path, "s.wrapping");
    let vault = server::vault(settings, login(&path, true));
    let unwrappings = AtomicUsize::new(0);
    let serving = async {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 4096];
            let length = stream.read(&mut head).await.unwrap();
            if head[..length].starts_with(b"POST /v1/sys/wrapping/unwrap") {
                unwrappings.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let body = r#"{"data":{"creation_path":"auth/approle/role/iamra/secret-id"}}"#;
            let answer = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    };
    let error = tokio::select! {
        never = serving => never,
        session = vault.session() => session.unwrap_err(),
    };
    assert!(matches!(error, Error::UnwrapLost { .. }), "{error:?}");
    assert_eq!(unwrappings.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn two_calls_at_once_unwrap_once() {
    let server = MockServer::start().await;
    let slow = |name| server::recording(name).set_delay(Duration::from_millis(50));
    server::answer(&server, LOOKUP, 0, slow("080-wrap-lookup")).await;
    server::answer(&server, UNWRAP, 1, slow("081-unwrap")).await;
    recorded(&server, &[(UNWRAP, "082-unwrap-twice")]).await;
    Mock::given(method("GET"))
        .respond_with(server::recording("014-role-read"))
        .mount(&server)
        .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret-id");
    deliver(&path, "s.wrapping");
    let settings = VaultSettings {
        inline_authentication: true,
        ..server::settings(&server)
    };
    let vault = server::vault(settings, login(&path, true));
    let (mount, role) = ("pki-aws".parse().unwrap(), "app".parse().unwrap());
    let (one, other) = tokio::join!(vault.role(&mount, &role), vault.role(&mount, &role));
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
}
