//! The instance metadata service, of either protocol.

use std::time::Duration;

use aws_credential_types::Credentials;
use iamra_sandbox::{Fault, FaultEffect, FaultTarget, ImdsProfile, Operation};
use reqwest::RequestBuilder;
use serde_json::Value;

use crate::running::{Clock, Running};
use crate::sts::caller_identity;

const CREDENTIALS: &str = "/latest/meta-data/iam/security-credentials/";
const TOKEN: &str = "/latest/api/token";
const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";

async fn running(profile: ImdsProfile) -> (Clock, Running) {
    let clock = Clock::recorded();
    let mut settings = clock.settings();
    settings.imds = profile;
    (clock.clone(), Running::with(settings).await)
}

async fn send(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn get(running: &Running, path: &str, token: Option<&str>) -> (u16, String) {
    let request = running.client.get(running.aws_http_url() + path);
    send(match token {
        Some(token) => request.header("x-aws-ec2-metadata-token", token),
        None => request,
    })
    .await
}

fn put(running: &Running) -> RequestBuilder {
    running.client.put(running.aws_http_url() + TOKEN)
}

fn credentials(text: &str) -> Credentials {
    let document: Value = serde_json::from_str(text).unwrap();
    let text = |name: &str| document[name].as_str().unwrap().to_owned();
    let token = Some(text("Token"));
    Credentials::new(
        text("AccessKeyId"),
        text("SecretAccessKey"),
        token,
        None,
        "test",
    )
}

#[tokio::test]
async fn the_second_protocol_wants_a_live_token() {
    let (clock, running) = running(ImdsProfile::V2).await;
    let (status, token) = send(put(&running).header(TTL, "60")).await;
    assert_eq!(status, 200, "{token}");
    let role = get(&running, CREDENTIALS, Some(&token)).await;
    assert_eq!(role, (200, "iamra-sandbox".to_owned()));
    let path = format!("{CREDENTIALS}{}", role.1);
    let (status, text) = get(&running, &path, Some(&token)).await;
    assert_eq!(status, 200, "{text}");
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["Code"], "Success");
    assert_eq!(document["Expiration"], "2026-11-21T11:05:29Z");
    let session = credentials(&text);
    let (status, text) = caller_identity(&running, &session, clock.now()).await;
    assert_eq!(status, 200, "{text}");
    let arn = "arn:aws:sts::123456789012:assumed-role/iamra-sandbox/i-0123456789abcdef0";
    assert!(text.contains(arn), "{text}");
    let known = running.secrets();
    for secret in [
        &token,
        session.secret_access_key(),
        session.session_token().unwrap(),
    ] {
        assert!(known.iter().any(|known| known == secret));
    }
    assert_eq!(get(&running, CREDENTIALS, None).await.0, 401);
    assert_eq!(get(&running, CREDENTIALS, Some("other")).await.0, 401);
    let elsewhere = format!("{CREDENTIALS}another-role");
    assert_eq!(get(&running, &elsewhere, Some(&token)).await.0, 404);
    clock.advance(Duration::from_secs(60));
    assert_eq!(get(&running, CREDENTIALS, Some(&token)).await.0, 401);
    assert_eq!(running.requests().count(Operation::ImdsToken), 1);
}

#[tokio::test]
async fn a_token_is_given_only_for_a_proper_request() {
    let (_, running) = running(ImdsProfile::V2).await;
    let forwarded = put(&running)
        .header(TTL, "60")
        .header("x-forwarded-for", "192.0.2.1");
    let get = running.client.get(running.aws_http_url() + TOKEN);
    for (request, status) in [
        (put(&running), 400),
        (put(&running).header(TTL, "0"), 400),
        (put(&running).header(TTL, "21601"), 400),
        (put(&running).header(TTL, "21600"), 200),
        (forwarded, 403),
        (get.header(TTL, "60"), 405),
    ] {
        let (answered, text) = send(request).await;
        assert_eq!(answered, status, "{text}");
    }
}

#[tokio::test]
async fn the_first_protocol_knows_no_tokens() {
    let (_, running) = running(ImdsProfile::V1Only).await;
    let (status, _) = send(put(&running).header(TTL, "60")).await;
    assert_eq!(status, 404);
    let path = format!("{CREDENTIALS}iamra-sandbox");
    let first = credentials(&get(&running, &path, None).await.1);
    let second = credentials(&get(&running, &path, None).await.1);
    assert_ne!(first.access_key_id(), second.access_key_id());
    assert_eq!(running.requests().count(Operation::ImdsCredentials), 2);
}

#[tokio::test]
async fn an_instances_credentials_can_have_expired() {
    let (clock, running) = running(ImdsProfile::V1Only).await;
    let fault = Fault::once(FaultTarget::Imds, FaultEffect::Expired);
    running.faults().add(fault);
    let path = format!("{CREDENTIALS}iamra-sandbox");
    let session = credentials(&get(&running, &path, None).await.1);
    let (_, text) = caller_identity(&running, &session, clock.now()).await;
    assert!(text.contains("<Code>ExpiredToken</Code>"), "{text}");
}

#[tokio::test]
async fn a_metadata_service_that_is_busy_says_so() {
    let (_, running) = running(ImdsProfile::V1Only).await;
    for effect in [
        FaultEffect::Throttle { retry_after: None },
        FaultEffect::ServerError { status: 503 },
    ] {
        running.faults().add(Fault::once(FaultTarget::Imds, effect));
        let (status, page) = get(&running, CREDENTIALS, None).await;
        assert_eq!(status, 503, "{page}");
    }
    assert_eq!(get(&running, CREDENTIALS, None).await.0, 200);
}
