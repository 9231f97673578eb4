use vault_pki::{Error, RedirectProblem, VaultSettings};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::authority::Authority;
use crate::server::{self, SIGN};

fn redirect(status: u16, to: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("location", to)
}

#[tokio::test]
async fn a_standby_sends_to_the_active_node_with_token_and_body() {
    for status in [301, 302, 307, 308] {
        let (standby, active) = (MockServer::start().await, MockServer::start().await);
        let target = format!("{}{SIGN}", active.uri());
        server::answer(&standby, SIGN, 0, redirect(status, &target)).await;
        Mock::given(method("POST"))
            .and(path(SIGN))
            .respond_with(Authority::new().responder())
            .mount(&active)
            .await;
        let vault = server::vault(server::settings(&standby), server::token("s.t"));
        vault.sign(&server::app(), server::noon()).await.unwrap();
        let token = server::header(&active, 0, "x-vault-token").await;
        assert_eq!(token.as_deref(), Some("s.t"), "{status}");
        assert_eq!(
            server::body(&active, 0).await,
            server::body(&standby, 0).await
        );
    }
}

#[tokio::test]
async fn a_second_redirect_is_not_followed() {
    let server = MockServer::start().await;
    server::answer(&server, SIGN, 0, redirect(307, SIGN)).await;
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    let error = vault
        .sign(&server::app(), server::noon())
        .await
        .unwrap_err();
    let Error::Redirected { problem, to, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!((problem, to), (RedirectProblem::Second, server.uri()));
    assert_eq!(server::asked(&server).await.len(), 2);
}

#[tokio::test]
async fn a_token_reaches_nobody_by_a_login_page_or_another_scheme() {
    for (location, expected) in [
        ("/login?next=hunter2", RedirectProblem::OtherPath),
        (
            "https://127.0.0.1:1/v1/pki-aws/sign/app",
            RedirectProblem::OtherScheme,
        ),
    ] {
        let (server, other) = (MockServer::start().await, MockServer::start().await);
        let location = if location.starts_with('/') {
            format!("{}{location}", other.uri())
        } else {
            location.to_owned()
        };
        server::answer(&server, SIGN, 0, redirect(302, &location)).await;
        let vault = server::vault(server::settings(&server), server::token("s.t"));
        let error = vault
            .sign(&server::app(), server::noon())
            .await
            .unwrap_err();
        assert!(!format!("{error:?} {error}").contains("hunter2"));
        let Error::Redirected { problem, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(problem, expected);
        assert!(server::asked(&other).await.is_empty());
        assert_eq!(server::asked(&server).await.len(), 1);
    }
}

#[tokio::test]
async fn plain_http_gives_no_token_to_another_host() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    let location = format!("http://localhost:{}{SIGN}", other.address().port());
    server::answer(&server, SIGN, 0, redirect(307, &location)).await;
    let vault = server::vault(server::settings(&server), server::token("s.t"));
    let error = vault
        .sign(&server::app(), server::noon())
        .await
        .unwrap_err();
    assert!(error.hint().unwrap().contains("http://localhost:"));
    let Error::Redirected { problem, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(problem, RedirectProblem::OtherHostInPlainText);
    assert!(server::asked(&other).await.is_empty());
}

#[tokio::test]
async fn redirects_can_be_switched_off() {
    let server = MockServer::start().await;
    server::answer(&server, SIGN, 0, redirect(307, SIGN)).await;
    let settings = VaultSettings {
        follow_redirect: false,
        ..server::settings(&server)
    };
    let vault = server::vault(settings, server::token("s.t"));
    let error = vault
        .sign(&server::app(), server::noon())
        .await
        .unwrap_err();
    assert!(
        error.to_string().ends_with("redirects are switched off"),
        "{error}"
    );
    assert_eq!(server::asked(&server).await.len(), 1);
}
