//! `GetCallerIdentity`, signed by aws-sigv4.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use iamra_sandbox::{Fault, FaultEffect, FaultTarget, Settings};
use reqwest::Request;

use crate::journey;
use crate::running::{Clock, Running};

const FORM: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// Signs for STS; `region` is the credential's.
fn signed(request: &mut Request, credentials: &Credentials, time: SystemTime, region: &str) {
    signed_for(request, credentials, time, ("sts", region));
}

/// Signs for a service in a region.
pub(crate) fn signed_for(
    request: &mut Request,
    credentials: &Credentials,
    time: SystemTime,
    (service, region): (&str, &str),
) {
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let body = request
        .body()
        .and_then(|body| body.as_bytes())
        .unwrap_or_default();
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let signable = SignableRequest::new(
        request.method().as_str(),
        request.url().as_str(),
        headers,
        SignableBody::Bytes(body),
    );
    let (instructions, _) = sign(signable.unwrap(), &params).unwrap().into_parts();
    let (headers, _) = instructions.into_parts();
    for header in headers {
        let value = header.value().parse().unwrap();
        request.headers_mut().insert(header.name(), value);
    }
}

fn post(running: &Running) -> Request {
    post_form(running, FORM.to_owned())
}

fn post_form(running: &Running, form: String) -> Request {
    let request = running.client.post(running.aws_http_url() + "/");
    request
        .header(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        )
        .body(form)
        .build()
        .unwrap()
}

pub(crate) async fn answer(running: &Running, request: Request) -> (u16, String) {
    let response = running.client.execute(request).await.unwrap();
    let status = response.status().as_u16();
    (status, response.text().await.unwrap())
}

/// Sends a form, signed with the credentials.
pub(crate) async fn ask(
    running: &Running,
    credentials: &Credentials,
    time: SystemTime,
    form: String,
) -> (u16, String) {
    let mut request = post_form(running, form);
    signed(&mut request, credentials, time, "us-east-1");
    answer(running, request).await
}

/// Asks who holds the credentials.
pub(crate) async fn caller_identity(
    running: &Running,
    credentials: &Credentials,
    time: SystemTime,
) -> (u16, String) {
    let mut request = post(running);
    signed(&mut request, credentials, time, "us-east-1");
    answer(running, request).await
}

pub(crate) struct Session {
    pub(crate) clock: Clock,
    pub(crate) running: Running,
    pub(crate) credentials: Credentials,
}

pub(crate) async fn session() -> Session {
    session_with(|_| {}).await
}

pub(crate) async fn session_with(change: impl FnOnce(&mut Settings)) -> Session {
    session_at(Clock::recorded(), change).await
}

/// A session in a sandbox that goes by `clock`.
pub(crate) async fn session_at(clock: Clock, change: impl FnOnce(&mut Settings)) -> Session {
    let mut settings = clock.settings();
    change(&mut settings);
    let running = Running::with(settings).await;
    let issued = journey::sign(&running, &running.token(), "iamra").await;
    let response = issued.open_session(&running, clock.now()).await;
    Session {
        credentials: journey::credentials(response).await,
        clock,
        running,
    }
}

#[tokio::test]
async fn get_works_as_well() {
    let it = session().await;
    let url = format!("{}/?{FORM}", it.running.aws_http_url());
    let mut request = it.running.client.get(url).build().unwrap();
    signed(&mut request, &it.credentials, it.clock.now(), "us-east-1");
    let (status, text) = answer(&it.running, request).await;
    assert_eq!(status, 200, "{text}");
}

#[tokio::test]
async fn wrong_credentials_are_refused() {
    let it = session().await;
    let (id, secret) = (
        it.credentials.access_key_id(),
        it.credentials.secret_access_key(),
    );
    let token = it.credentials.session_token().map(str::to_owned);
    let changed = |id: &str, secret: &str, token| Credentials::new(id, secret, token, None, "test");
    for (credentials, code) in [
        (
            changed("ASIAUNKNOWN", secret, token.clone()),
            "InvalidClientTokenId",
        ),
        (changed(id, secret, None), "InvalidClientTokenId"),
        (
            changed(id, secret, Some("other".into())),
            "InvalidClientTokenId",
        ),
        (changed(id, "other", token), "SignatureDoesNotMatch"),
    ] {
        let (status, text) = caller_identity(&it.running, &credentials, it.clock.now()).await;
        assert_eq!(status, 403, "{text}");
        assert!(text.contains(&format!("<Code>{code}</Code>")), "{text}");
    }
}

#[tokio::test]
async fn expired_credentials_are_refused() {
    let it = session().await;
    it.clock.advance(Duration::from_secs(13 * 3600));
    let (status, text) = caller_identity(&it.running, &it.credentials, it.clock.now()).await;
    assert_eq!(status, 403);
    assert!(text.contains("<Code>ExpiredToken</Code>"), "{text}");
}

#[tokio::test]
async fn wrong_requests_are_refused() {
    type Change = fn(&mut Request);
    let it = session().await;
    let table: [(&str, Change, u16, &str); 7] = [
        (
            "unsigned",
            |r| drop(r.headers_mut().remove("authorization")),
            403,
            "MissingAuthenticationToken",
        ),
        (
            "malformed",
            |r| {
                let value = "AWS4-HMAC-SHA256 x".parse().unwrap();
                r.headers_mut().insert("authorization", value);
            },
            400,
            "IncompleteSignature",
        ),
        (
            "other algorithm",
            |r| replace(r, "HMAC-SHA256", "HMAC-SHA512"),
            400,
            "IncompleteSignature",
        ),
        (
            "other service",
            |r| replace(r, "/sts/", "/iam/"),
            403,
            "SignatureDoesNotMatch",
        ),
        (
            "token not signed",
            |r| replace(r, ";x-amz-security-token", ""),
            403,
            "SignatureDoesNotMatch",
        ),
        (
            "other action",
            |r| *r.body_mut() = Some("Action=GetSessionToken&Version=2011-06-15".into()),
            400,
            "InvalidAction",
        ),
        (
            "no action",
            |r| *r.body_mut() = Some("Version=2011-06-15".into()),
            400,
            "MissingAction",
        ),
    ];
    for (what, change, status, code) in table {
        let mut request = post(&it.running);
        signed(&mut request, &it.credentials, it.clock.now(), "us-east-1");
        change(&mut request);
        let answer = answer(&it.running, request).await;
        assert_eq!(answer.0, status, "{what}: {}", answer.1);
        assert!(
            answer.1.contains(&format!("<Code>{code}</Code>")),
            "{what}: {}",
            answer.1
        );
    }
}

/// Changes what `Authorization` says.
pub(crate) fn replace(request: &mut Request, from: &str, to: &str) {
    let text = request.headers()["authorization"].to_str().unwrap();
    assert!(text.contains(from), "{text}");
    let text = text.replace(from, to).parse().unwrap();
    request.headers_mut().insert("authorization", text);
}

#[tokio::test]
async fn region_and_clock_are_checked() {
    let it = session().await;
    let mut request = post(&it.running);
    signed(&mut request, &it.credentials, it.clock.now(), "eu-west-1");
    let (status, text) = answer(&it.running, request).await;
    assert_eq!(status, 403);
    assert!(
        text.contains("Credential should be scoped to 20261121/us-east-1/sts"),
        "{text}"
    );
    let early = it.clock.now() - Duration::from_secs(16 * 60);
    let (status, text) = caller_identity(&it.running, &it.credentials, early).await;
    assert_eq!(status, 403);
    assert!(
        text.contains("Signature expired: 20261121T044929Z"),
        "{text}"
    );
}

#[tokio::test]
async fn sessions_that_were_issued_expired_are_expired() {
    let clock = Clock::recorded();
    let running = Running::with(clock.settings()).await;
    running.faults().add(Fault::once(
        FaultTarget::RolesAnywhere,
        FaultEffect::Expired,
    ));
    let issued = journey::sign(&running, &running.token(), "iamra").await;
    let response = issued.open_session(&running, clock.now()).await;
    assert_eq!(response.status().as_u16(), 201);
    let credentials = journey::credentials(response).await;
    let (_, text) = caller_identity(&running, &credentials, clock.now()).await;
    assert!(text.contains("<Code>ExpiredToken</Code>"), "{text}");
}
