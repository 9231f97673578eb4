use std::sync::Arc;

use destination::Destination;
use refresh::{Fault as _, FaultKind};
use serde_json::json;
use vault_pki::{Error, GitHubActions, JwtLogin, JwtSource as _};
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::server::{self, ImpatientClock};

fn endpoint(url: Option<&str>, audience: Option<&str>) -> Result<GitHubActions, Error> {
    let token = "request-token".into();
    let clock = Arc::new(ImpatientClock::new());
    GitHubActions::new((url, Some(&token)), audience, Destination::default(), clock)
}

fn url(server: &MockServer) -> String {
    format!("{}/token?api-version=2.0", server.uri())
}

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/token"))
        .and(query_param("api-version", "2.0"))
        .and(query_param("audience", "https://vault.example/?a&b"))
        .and(header("authorization", "bearer request-token"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn the_job_asks_for_its_token_and_logs_in_with_it() {
    let github = answering(ResponseTemplate::new(200).set_body_json(json!({"value": "e30.e30.g"})));
    let github = github.await;
    let source = endpoint(Some(&url(&github)), Some("https://vault.example/?a&b")).unwrap();
    assert!(!format!("{source:?}").contains("request-token"));
    let server = MockServer::start().await;
    let at = "/v1/auth/jwt/login";
    server::answer(&server, at, 0, server::recording("115-jwt-login")).await;
    let login = JwtLogin {
        mount: "jwt".parse().unwrap(),
        role: None,
        source: Box::new(source),
    };
    let vault = server::vault(server::settings(&server), Box::new(login));
    vault.session().await.unwrap();
    assert_eq!(server::body(&server, 0).await, json!({"jwt": "e30.e30.g"}));
}

#[tokio::test]
async fn what_github_answers_otherwise_is_said_and_not_repeated() {
    let canary = json!({"message": "CANARY"});
    for (status, body, fault, attempts) in [
        (302, canary.clone(), FaultKind::Configuration, 1),
        (401, canary.clone(), FaultKind::Denied, 1),
        (403, canary.clone(), FaultKind::Denied, 1),
        (429, canary.clone(), FaultKind::Unavailable, 3),
        (503, canary.clone(), FaultKind::Unavailable, 3),
        (200, canary, FaultKind::Failed, 1),
        (200, json!({"value": ""}), FaultKind::Failed, 1),
        (200, json!({"value": {"CANARY": 1}}), FaultKind::Failed, 1),
    ] {
        let answer = ResponseTemplate::new(status).set_body_json(&body);
        let github = answering(answer).await;
        let source = endpoint(Some(&url(&github)), Some("https://vault.example/?a&b")).unwrap();
        let error = source.jwt().await.unwrap_err();
        assert_eq!(error.fault(), fault, "{status} {body}");
        assert!(!format!("{error:?} {error}").contains("CANARY"));
        assert!(error.hint().unwrap().contains("id-token: write"));
        assert_eq!(
            server::asked(&github).await.len(),
            attempts,
            "{status} {body}"
        );
    }
}

#[test]
fn without_its_variables_it_is_a_matter_of_permissions() {
    let error = endpoint(None, None).unwrap_err();
    assert_eq!(error.fault(), FaultKind::Configuration);
    assert!(
        error
            .hint()
            .unwrap()
            .contains("permissions: id-token: write")
    );
    for url in ["http://github.example/token", "token", "ftp://x/"] {
        let error = endpoint(Some(url), None).unwrap_err();
        assert!(
            error.to_string().contains("ACTIONS_ID_TOKEN_REQUEST_URL"),
            "{error}"
        );
    }
}
