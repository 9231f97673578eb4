//! OpenBao's inline authentication: each call brings its login.

use refresh::{Fault as _, FaultKind};
use vault_pki::{Error, LoginMethod, NoLogin, Operation, TokenFileLogin, VaultSettings};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer};

use crate::authority::Authority;
use crate::server::{self, SIGN};

fn settings(server: &MockServer) -> VaultSettings {
    VaultSettings {
        inline_authentication: true,
        auth_namespace: Some("team/auth".parse().unwrap()),
        ..server::settings(server)
    }
}

#[tokio::test]
async fn one_request_and_no_token() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(SIGN))
        .and(header("x-vault-inline-auth-path", "auth/approle/login"))
        .and(header("x-vault-inline-auth-namespace", "team/auth"))
        .and(header(
            "x-vault-inline-auth-parameter-0",
            "eyJrZXkiOiJyb2xlX2lkIiwidmFsdWUiOiJyIn0",
        ))
        .and(header(
            "x-vault-inline-auth-parameter-1",
            "eyJrZXkiOiJzZWNyZXRfaWQiLCJ2YWx1ZSI6InMifQ",
        ))
        .respond_with(Authority::new().responder())
        .mount(&server)
        .await;
    let vault = server::vault(settings(&server), Box::new(server::app_role()));
    assert!(vault.session().await.unwrap().token.is_none());
    vault.sign(&server::app(), server::noon()).await.unwrap();
    assert!(vault.finish().await.unwrap().is_none());
    assert_eq!(server::asked(&server).await, [SIGN]);
    assert_eq!(server::header(&server, 0, "x-vault-token").await, None);
    assert_eq!(server::header(&server, 0, "x-vault-namespace").await, None);
}

#[tokio::test]
async fn a_refusal_says_whether_it_is_the_logins_or_the_policys() {
    for (recording, operation, at, hint) in [
        (
            "137-INLINE-k8s-sign-bad-role",
            Operation::Login,
            "auth/approle/login",
            "create the role",
        ),
        (
            "138-INLINE-k8s-sign-denied",
            Operation::Sign,
            "pki-aws/sign/app",
            "allow it in a policy",
        ),
    ] {
        let server = MockServer::start().await;
        server::answer(&server, SIGN, 0, server::recording(recording)).await;
        let vault = server::vault(settings(&server), Box::new(server::app_role()));
        let error = vault
            .sign(&server::app(), server::noon())
            .await
            .unwrap_err();
        let call = error.call().unwrap();
        assert_eq!((call.operation, call.path.as_str()), (operation, at));
        assert!(error.hint().unwrap().contains(hint), "{:?}", error.hint());
        assert_eq!(server::asked(&server).await.len(), 1, "{recording}");
    }
}

#[tokio::test]
async fn what_is_no_login_cannot_be_sent_along() {
    let server = MockServer::start().await;
    let vault = server::vault(settings(&server), server::token("s.t"));
    let error = vault
        .sign(&server::app(), server::noon())
        .await
        .unwrap_err();
    assert_eq!(error.fault(), FaultKind::Configuration);
    let expected = "the login method token cannot be used for inline authentication";
    assert_eq!(error.to_string(), expected);
    assert!(server::asked(&server).await.is_empty());
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test delivers the token")]
async fn what_cannot_be_sent_along_is_not_unwrapped_either() {
    let server = MockServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, r#"{"token":"s.w","ttl":1}"#).unwrap();
    let login = Box::new(TokenFileLogin::new(path));
    let vault = server::vault(settings(&server), login);
    let error = vault.sign(&server::app(), server::noon()).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::NotInline { .. }), "{error:?}");
    assert!(server::asked(&server).await.is_empty());
}

/// As HashiCorp's Vault, which does not look at those headers.
#[tokio::test]
async fn a_login_that_nobody_looks_at_is_told_from_a_bad_token() {
    for (login, hint) in [
        (
            Box::new(server::app_role()) as Box<dyn LoginMethod>,
            "Vault does not",
        ),
        (Box::new(NoLogin::default()), "an Agent or Proxy"),
    ] {
        let server = MockServer::start().await;
        server::answer(&server, SIGN, 0, server::recording("096-no-token")).await;
        let is_inline = login.name() != "none";
        let settings = VaultSettings {
            inline_authentication: is_inline,
            ..server::settings(&server)
        };
        let vault = server::vault(settings, login);
        let error = vault
            .sign(&server::app(), server::noon())
            .await
            .unwrap_err();
        assert_eq!(error.fault(), FaultKind::Denied);
        assert!(error.hint().unwrap().contains(hint), "{:?}", error.hint());
        assert_eq!(server::asked(&server).await, [SIGN]);
    }
}
