use std::path::PathBuf;

use refresh::{Fault as _, FaultKind};
use serde_json::json;
use vault_pki::{
    Credential, Error, KubernetesLogin, LoginExchange, LoginMethod, LoginRequest, TokenFileLogin,
    VaultSettings,
};
use wiremock::{MockServer, ResponseTemplate};

use crate::server::{self, LOGIN};

const UNWRAP: &str = "/v1/sys/wrapping/unwrap";

/// A file with `text` in a folder that lasts as long as the test.
fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    write(&path, text);
    (folder, path)
}

#[expect(clippy::disallowed_methods, reason = "the test plays the kubelet")]
fn write(path: &PathBuf, text: &str) {
    std::fs::write(path, text).unwrap();
}

fn kubernetes(jwt_file: PathBuf) -> Box<dyn LoginMethod> {
    Box::new(KubernetesLogin {
        mount: "kubernetes".parse().unwrap(),
        role: "app".to_owned(),
        jwt_file,
    })
}

#[tokio::test]
async fn kubernetes_sends_role_and_trimmed_token_and_reads_it_anew() {
    let server = MockServer::start().await;
    let answer = server::recording("126-kubernetes-login");
    server::answer(&server, LOGIN, 0, answer).await;
    let (_folder, path) = file("e30.one.x\n");
    let settings = || VaultSettings {
        auth_namespace: Some("team/auth".parse().unwrap()),
        ..server::settings(&server)
    };
    let vault = server::vault(settings(), kubernetes(path.clone()));
    let session = vault.session().await.unwrap();
    assert!(session.is_ours && session.is_renewable);
    assert_eq!(session.policies, ["default", "iamra"]);
    let request_id = "b61f58b2-4079-1247-21c2-3ecacf3214ed";
    assert_eq!(session.request_id.as_deref(), Some(request_id));
    assert_eq!(session.lifetime.unwrap().duration().as_secs(), 1200);
    let body = server::body(&server, 0).await;
    assert_eq!(body, json!({"role": "app", "jwt": "e30.one.x"}));
    for (name, expected) in [
        ("x-vault-namespace", Some("team/auth")),
        ("x-vault-request", Some("true")),
        ("content-type", Some("application/json")),
        ("x-vault-token", None),
    ] {
        let header = server::header(&server, 0, name).await;
        assert_eq!(header.as_deref(), expected, "{name}");
    }
    // The kubelet has replaced it.
    write(&path, "e30.two.x");
    server::vault(settings(), kubernetes(path))
        .session()
        .await
        .unwrap();
    assert_eq!(server::body(&server, 1).await["jwt"], "e30.two.x");
}

/// A method that this crate does not have.
#[derive(Debug)]
struct Userpass(&'static str);

#[async_trait::async_trait]
impl LoginMethod for Userpass {
    fn name(&self) -> &'static str {
        "userpass"
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn credential(&self, _: &LoginExchange<'_>) -> Result<Credential, Error> {
        let mount = "userpass".parse()?;
        let body = json!({"password": "hunter2"}).to_string();
        let body = zeroize::Zeroizing::new(body.into_bytes());
        let request = LoginRequest::new(&mount, &["login", self.0], body)?;
        assert!(!format!("{request:?}").contains("hunter2"));
        Ok(Credential::Login(request))
    }
}

#[tokio::test]
async fn a_login_method_can_be_made_elsewhere() {
    let server = MockServer::start().await;
    let at = "/v1/auth/userpass/login/a%2Fb";
    server::answer(&server, at, 0, server::logged_in("s.1")).await;
    let vault = server::vault(server::settings(&server), Box::new(Userpass("a/b")));
    assert!(vault.session().await.unwrap().is_ours);
    let body = server::body(&server, 0).await;
    assert_eq!(body, json!({"password": "hunter2"}));
}

#[tokio::test]
async fn a_login_that_gives_no_token_is_no_login() {
    let mfa = json!({"auth": {"client_token": "", "mfa_requirement": {"mfa_request_id": "x"}}});
    for (answer, expected) in [
        (mfa, "multi-factor authentication is required"),
        (
            json!({"auth": {"client_token": ""}}),
            "succeeded without a token",
        ),
        (
            json!({"auth": {"client_token": null}}),
            "succeeded without a token",
        ),
        (
            json!({"auth": {"client_token": "a\nb"}}),
            "succeeded without a token",
        ),
        (json!({"auth": null}), "it has no auth block"),
        (
            json!({"auth": {"client_token": {"hunter2": 1}}}),
            "a field is not of the expected kind",
        ),
    ] {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(200).set_body_json(answer);
        server::answer(&server, LOGIN, 0, answer).await;
        let (_folder, path) = file("e30.e30.e30");
        let vault = server::vault(server::settings(&server), kubernetes(path));
        let error = vault.session().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}

#[tokio::test]
async fn refused_logins_say_why() {
    for (recording, expected) in [
        (
            "127-kubernetes-login-wrong-aud",
            "audience claim does not match",
        ),
        ("128-kubernetes-login-wrong-ns", "namespace not authorized"),
        (
            "129-kubernetes-login-wrong-sa",
            "service account name not authorized",
        ),
        ("130-kubernetes-login-denied-by-review", "permission denied"),
        ("131-kubernetes-login-no-role", "invalid role name"),
        ("133-kubernetes-login-expired", "token is expired"),
    ] {
        let server = MockServer::start().await;
        server::answer(&server, LOGIN, 0, server::recording(recording)).await;
        let (_folder, path) = file("e30.e30.e30");
        let vault = server::vault(server::settings(&server), kubernetes(path));
        let error = vault.session().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.fault(), FaultKind::Denied);
        assert!(error.hint().is_some(), "{recording}");
        assert_eq!(server::asked(&server).await.len(), 1, "{recording}");
    }
}

#[tokio::test]
async fn a_token_file_is_read_at_each_use() {
    let server = MockServer::start().await;
    let (_folder, path) = file("s.one\n");
    let login = Box::new(TokenFileLogin::new(path.clone()));
    let vault = server::vault(server::settings(&server), login);
    vault
        .sign(&server::app(), server::noon())
        .await
        .unwrap_err();
    write(&path, "s.two\n");
    vault
        .sign(&server::app(), server::noon())
        .await
        .unwrap_err();
    let token = server::header(&server, 0, "x-vault-token").await;
    assert_eq!(token.as_deref(), Some("s.one"));
    let token = server::header(&server, 1, "x-vault-token").await;
    assert_eq!(token.as_deref(), Some("s.two"));
}

#[tokio::test]
async fn a_wrapped_sink_is_unwrapped_once() {
    let inside = [
        json!({"data": {"token": "s.inner"}}),
        json!({"data": null, "auth": {"client_token": "s.inner"}}),
    ];
    for answer in inside {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(200).set_body_json(answer);
        server::answer(&server, UNWRAP, 1, answer).await;
        let (_folder, path) = file(r#"{"token":"s.wrap","accessor":"a","ttl":60}"#);
        let login = Box::new(TokenFileLogin::new(path));
        let vault = server::vault(server::settings(&server), login);
        for _ in 0..2 {
            let session = vault.session().await.unwrap();
            assert!(!session.is_ours);
        }
        assert_eq!(server::asked(&server).await, [UNWRAP]);
        let token = server::header(&server, 0, "x-vault-token").await;
        assert_eq!(token.as_deref(), Some("s.wrap"));
    }
}

#[tokio::test]
async fn a_spent_wrapping_token_is_a_security_event() {
    let server = MockServer::start().await;
    server::answer(&server, UNWRAP, 0, server::recording("082-unwrap-twice")).await;
    let (_folder, path) = file(r#"{"token":"s.wrap"}"#);
    let login = Box::new(TokenFileLogin::new(path));
    let vault = server::vault(server::settings(&server), login);
    let error = vault.session().await.unwrap_err();
    assert!(error.to_string().starts_with("SECURITY: "), "{error}");
    assert!(error.hint().unwrap().contains("as stolen"));
}
