//! Disturbances, as a client sees them.

use std::time::Duration;

use iamra_sandbox::{Fault, FaultEffect, FaultTarget, Operation, Outcome, Refusal};
use reqwest::Response;
use serde_json::{Value, json};

use crate::journey;
use crate::running::{Clock, Running};

/// One request to each target.
async fn send(running: &Running, target: FaultTarget) -> reqwest::Result<Response> {
    let vault = running.vault_http_url();
    let aws = running.aws_http_url();
    let url = match target {
        FaultTarget::VaultLogin => format!("{vault}/v1/auth/kubernetes/login"),
        FaultTarget::VaultToken => format!("{vault}/v1/auth/token/renew-self"),
        FaultTarget::VaultPki => format!("{vault}/v1/pki-aws/sign/iamra"),
        FaultTarget::IdToken => format!("{vault}/github/id-token"),
        FaultTarget::RolesAnywhere => format!("{aws}/sessions"),
        FaultTarget::Registry => format!("{aws}/v2/"),
        _ => format!("{aws}/"),
    };
    let request = running.client.post(url).body("{}");
    let request = match target {
        FaultTarget::Ecr => request.header("x-amz-target", crate::ecr::PRIVATE),
        _ => request,
    };
    request.send().await
}

const TARGETS: [FaultTarget; 8] = [
    FaultTarget::VaultLogin,
    FaultTarget::VaultToken,
    FaultTarget::VaultPki,
    FaultTarget::IdToken,
    FaultTarget::RolesAnywhere,
    FaultTarget::Sts,
    FaultTarget::Ecr,
    FaultTarget::Registry,
];

#[tokio::test]
async fn throttling_is_said_in_the_services_own_way() {
    let running = Running::standard().await;
    let texts = [
        (
            429,
            "request path \\\"auth/kubernetes/login\\\": rate limit quota exceeded",
        ),
        (
            429,
            "request path \\\"auth/token/renew-self\\\": rate limit quota exceeded",
        ),
        (
            429,
            "request path \\\"pki-aws/sign/iamra\\\": rate limit quota exceeded",
        ),
        (
            429,
            "request path \\\"/github/id-token\\\": rate limit quota exceeded",
        ),
        (429, "Rate exceeded"),
        (400, "<Code>Throttling</Code>"),
        (400, "ThrottlingException"),
        (429, "TOOMANYREQUESTS"),
    ];
    for (target, (status, text)) in TARGETS.into_iter().zip(texts) {
        let effect = FaultEffect::Throttle {
            retry_after: Some(Duration::from_secs(7)),
        };
        running.faults().add(Fault::once(target, effect));
        let response = send(&running, target).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{target:?}");
        assert_eq!(response.headers()["retry-after"], "7", "{target:?}");
        let aws = matches!(
            target,
            FaultTarget::RolesAnywhere | FaultTarget::Sts | FaultTarget::Ecr
        );
        let identified = response.headers().contains_key("x-amzn-requestid");
        assert_eq!(identified, aws, "{target:?}");
        let body = response.text().await.unwrap();
        assert!(body.contains(text), "{target:?}: {body}");
        let next = send(&running, target).await.unwrap();
        assert_ne!(next.status().as_u16(), 429, "{target:?}");
    }
}

#[tokio::test]
async fn whole_answers_by_status_and_type() {
    let running = Running::standard().await;
    for (effect, status, content_type) in [
        (FaultEffect::ServerError { status: 500 }, 500, None),
        (FaultEffect::Sealed, 503, None),
        (
            FaultEffect::HtmlPage { status: 502 },
            502,
            Some("text/html"),
        ),
        (
            FaultEffect::HtmlPage { status: 403 },
            403,
            Some("text/html"),
        ),
    ] {
        for target in TARGETS {
            running.faults().add(Fault::once(target, effect.clone()));
            let response = send(&running, target).await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{target:?} {effect:?}");
            let kind = response.headers()["content-type"]
                .to_str()
                .unwrap()
                .to_owned();
            let body = response.text().await.unwrap();
            match content_type {
                Some(content_type) => assert_eq!(kind, content_type, "{body}"),
                None => assert_ne!(kind, "text/html", "{body}"),
            }
        }
    }
    let disturbed = |outcome: &Outcome| matches!(outcome, Outcome::Disturbed(_));
    assert!(
        running
            .requests()
            .log
            .iter()
            .all(|record| disturbed(&record.outcome))
    );
}

#[tokio::test]
async fn a_redirect_leads_away() {
    let running = Running::standard().await;
    let location = "http://192.0.2.1/v1/pki-aws/sign/iamra".to_owned();
    let effect = FaultEffect::Redirect {
        location: location.clone(),
    };
    running
        .faults()
        .add(Fault::once(FaultTarget::VaultPki, effect));
    let response = send(&running, FaultTarget::VaultPki).await.unwrap();
    assert_eq!(response.status().as_u16(), 307);
    assert_eq!(response.headers()["location"], location.as_str());
}

#[tokio::test]
async fn connections_end_or_hang() {
    let running = Running::standard().await;
    for target in TARGETS {
        running
            .faults()
            .add(Fault::once(target, FaultEffect::Close));
        let error = send(&running, target).await.unwrap_err();
        assert!(error.is_request() && !error.is_timeout(), "{error:?}");

        running.faults().add(Fault::once(target, FaultEffect::Hang));
        let waited = tokio::time::timeout(Duration::from_millis(50), send(&running, target)).await;
        assert!(waited.is_err(), "{target:?}");
    }
}

#[tokio::test]
async fn a_slow_answer_is_the_usual_one() {
    let running = Running::standard().await;
    let wait = Duration::from_millis(60);
    running.faults().add(Fault::once(
        FaultTarget::VaultLogin,
        FaultEffect::Slow(wait),
    ));
    let sent = send(&running, FaultTarget::VaultLogin);
    tokio::pin!(sent);
    assert!(tokio::time::timeout(wait / 2, &mut sent).await.is_err());
    let response = sent.await.unwrap();
    assert_eq!(response.status().as_u16(), 400);
    assert!(response.text().await.unwrap().contains("missing role"));
}

#[tokio::test]
async fn an_endless_body_does_not_end() {
    let running = Running::standard().await;
    running.faults().add(Fault::once(
        FaultTarget::RolesAnywhere,
        FaultEffect::EndlessBody,
    ));
    let mut response = send(&running, FaultTarget::RolesAnywhere).await.unwrap();
    let mut received = 0;
    while received < 4 * 1024 * 1024 {
        received += response.chunk().await.unwrap().expect("no end").len();
    }
}

#[tokio::test]
async fn a_skewed_clock_shows_in_the_answer_and_in_its_date() {
    let clock = Clock::recorded();
    let running = Running::with(clock.settings()).await;
    let issued = journey::sign(&running, &running.token(), "iamra").await;
    let fault = |seconds| {
        Fault::once(
            FaultTarget::RolesAnywhere,
            FaultEffect::ClockSkew { seconds },
        )
    };
    for (seconds, text) in [
        (3600, "Signature expired"),
        (-3600, "Signature not yet current"),
    ] {
        running.faults().add(fault(seconds));
        let response = issued.open_session(&running, clock.now()).await;
        assert_eq!(response.status().as_u16(), 403);
        let date = response.headers()["date"].to_str().unwrap().to_owned();
        let hour = if seconds > 0 { "06:05:29" } else { "04:05:29" };
        assert!(date.contains(hour), "{date}");
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert!(
            body["message"].as_str().unwrap().starts_with(text),
            "{body}"
        );
    }
    // A client that signs with the server's time gets through.
    running.faults().add(fault(3600));
    let corrected = clock.now() + Duration::from_secs(3600);
    let response = issued.open_session(&running, corrected).await;
    assert_eq!(response.status().as_u16(), 201);
}

#[tokio::test]
async fn an_expired_login_is_good_for_nothing() {
    let running = Running::standard().await;
    running
        .faults()
        .add(Fault::once(FaultTarget::VaultLogin, FaultEffect::Expired));
    let token = running.log_in("iamra").await;
    let (status, answer) = running.post("pki-aws/sign/iamra", &token, &json!({})).await;
    assert_eq!(status, 403);
    assert_eq!(answer, json!({"errors": ["permission denied"]}));
    assert_eq!(running.requests().count(Operation::VaultLogin), 1);
}

#[tokio::test]
async fn an_expired_certificate_opens_no_session() {
    let clock = Clock::recorded();
    let running = Running::with(clock.settings()).await;
    let fault = Fault::once(FaultTarget::VaultPki, FaultEffect::Expired);
    running.faults().add(fault);
    let issued = journey::sign(&running, &running.token(), "iamra").await;
    let response = issued.open_session(&running, clock.now()).await;
    assert_eq!(response.status().as_u16(), 403);
    let last = running.requests().log.pop().unwrap();
    assert_eq!(last.outcome, Outcome::Refused(Refusal::CertificateExpired));
}

#[tokio::test]
async fn settings_may_bring_faults() {
    let mut settings = Clock::recorded().settings();
    settings.faults = vec![Fault::always(FaultTarget::VaultLogin, FaultEffect::Sealed)];
    let running = Running::with(settings).await;
    for _ in 0..3 {
        let response = send(&running, FaultTarget::VaultLogin).await.unwrap();
        assert_eq!(response.status().as_u16(), 503);
    }
    running.faults().clear();
    let response = send(&running, FaultTarget::VaultLogin).await.unwrap();
    assert_eq!(response.status().as_u16(), 400);
}
