//! `AssumeRoleWithWebIdentity`: a JWT instead of a signature.

use std::time::Duration;

use iamra_sandbox::{AssumableRole, JwtClaims, Operation};
use secrecy::ExposeSecret as _;

use crate::assume_role::credentials;
use crate::running::{Clock, Running};
use crate::sts::caller_identity;

const SHORT: &str = "arn:aws:iam::123456789012:role/short";

async fn running() -> (Clock, Running) {
    let clock = Clock::recorded();
    let mut settings = clock.settings();
    let provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
    settings.assumable_roles.push(AssumableRole {
        max_session_duration: Duration::from_secs(3600),
        ..AssumableRole::trusting(SHORT, provider)
    });
    (clock, Running::with(settings).await)
}

fn claims() -> JwtClaims {
    JwtClaims {
        audience: "sts.amazonaws.com".into(),
        ..JwtClaims::default()
    }
}

fn token(running: &Running, claims: &JwtClaims) -> String {
    running.jwt(claims).unwrap().expose_secret().to_owned()
}

async fn assume(running: &Running, role: &str, token: &str, more: &str) -> (u16, String) {
    let role = role.replace(':', "%3A").replace('/', "%2F");
    let form = format!(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=job-7\
         &RoleArn={role}&WebIdentityToken={token}{more}"
    );
    let request = running.client.post(running.aws_http_url() + "/");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let response = request.body(form).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn a_token_for_sts_opens_a_session() {
    let (clock, running) = running().await;
    let jwt = token(&running, &claims());
    let role = running.web_identity_role_arn();
    let (status, text) = assume(&running, role, &jwt, "&DurationSeconds=7200").await;
    assert_eq!(status, 200, "{text}");
    for element in [
        "<SubjectFromWebIdentityToken>repo:acme/app:ref:refs/heads/main<",
        "<Audience>sts.amazonaws.com<",
        "<Provider>https://token.actions.githubusercontent.com<",
        "<Arn>arn:aws:sts::123456789012:assumed-role/iamra-sandbox-web/job-7<",
        "<Expiration>2026-11-21T07:05:29Z<",
    ] {
        assert!(text.contains(element), "{element}: {text}");
    }
    let session = credentials(&text);
    let (status, text) = caller_identity(&running, &session, clock.now()).await;
    assert_eq!(status, 200, "{text}");
    let known = running.secrets();
    assert!(
        known
            .iter()
            .any(|secret| secret == session.secret_access_key())
    );
    let requests = running.requests();
    assert_eq!(requests.count(Operation::AssumeRoleWithWebIdentity), 1);
}

#[tokio::test]
async fn wrong_tokens_are_refused() {
    let (clock, running) = running().await;
    let other = Running::with(clock.settings()).await;
    let role = running.web_identity_role_arn();
    let changed = |change: fn(&mut JwtClaims)| {
        let mut claims = claims();
        change(&mut claims);
        token(&running, &claims)
    };
    for (what, jwt, code) in [
        (
            "audience",
            changed(|it| it.audience = "vault".into()),
            "InvalidIdentityToken",
        ),
        (
            "issuer",
            changed(|it| it.issuer = "https://a.test".into()),
            "InvalidIdentityToken",
        ),
        (
            "subject",
            changed(|it| it.subject.clear()),
            "InvalidIdentityToken",
        ),
        (
            "end",
            changed(|it| it.lifetime = Duration::ZERO),
            "ExpiredTokenException",
        ),
        (
            "signature",
            token(&other, &claims()),
            "InvalidIdentityToken",
        ),
        ("form", "a.b".into(), "InvalidIdentityToken"),
        ("absence", String::new(), "ValidationError"),
    ] {
        let (status, text) = assume(&running, role, &jwt, "").await;
        assert_eq!(status, 400, "{what}: {text}");
        assert!(
            text.contains(&format!("<Code>{code}</Code>")),
            "{what}: {text}"
        );
    }
}

#[tokio::test]
async fn a_role_must_trust_the_issuer_and_for_so_long() {
    let (_, running) = running().await;
    let jwt = token(&running, &claims());
    for (role, more, status, code) in [
        (running.next_role_arn(), "", 403, "AccessDenied"),
        (
            "arn:aws:iam::123456789012:role/none",
            "",
            403,
            "AccessDenied",
        ),
        (SHORT, "&DurationSeconds=3601", 400, "ValidationError"),
        (SHORT, "&DurationSeconds=899", 400, "ValidationError"),
    ] {
        let (answered, text) = assume(&running, role, &jwt, more).await;
        assert_eq!(answered, status, "{role}{more}: {text}");
        assert!(
            text.contains(&format!("<Code>{code}</Code>")),
            "{role}{more}: {text}"
        );
    }
    let (status, text) = assume(&running, SHORT, &jwt, "&DurationSeconds=3600").await;
    assert_eq!(status, 200, "{text}");
}
