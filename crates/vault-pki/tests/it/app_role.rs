use std::path::PathBuf;

use refresh::{Fault as _, FaultKind};
use serde_json::json;
use vault_pki::{AppRoleLogin, SecretSource, WrappedSecret};
use wiremock::{MockServer, ResponseTemplate};

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
async fn an_unwrapping_whose_answer_was_lost_is_not_tried_again() {
    let server = MockServer::start().await;
    recorded(&server, &[(LOOKUP, "080-wrap-lookup")]).await;
    // Longer than any answer: it is cut off.
    let endless = ResponseTemplate::new(200).set_body_bytes(vec![b' '; 2 << 20]);
    server::answer(&server, UNWRAP, 0, endless).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret-id");
    deliver(&path, "s.wrapping");
    let vault = server::vault(server::settings(&server), login(&path, true));
    vault.session().await.unwrap_err();
    assert_eq!(server::asked(&server).await, [LOOKUP, UNWRAP]);
}
