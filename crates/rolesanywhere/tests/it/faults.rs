use std::time::Duration;

use iamra_sandbox::{Fault, FaultEffect, FaultTarget, Operation};
use refresh::{Fault as _, FaultKind};
use rolesanywhere::{ClockSkewPolicy, Error, Session};

use crate::laboratory::Laboratory;

const TARGET: FaultTarget = FaultTarget::RolesAnywhere;

/// A session under `fault`; the result, and how many requests it took.
async fn disturbed(fault: Fault) -> (Result<Session, Error>, usize) {
    let laboratory = Laboratory::new().await;
    let identity = laboratory.identity("iamra").await;
    laboratory.sandbox.faults().add(fault);
    let result = laboratory
        .roles_anywhere()
        .create_session(&identity, &laboratory.request())
        .await;
    let requests = laboratory
        .sandbox
        .requests()
        .count(Operation::CreateSession);
    (result, requests)
}

#[tokio::test]
async fn what_passes_is_tried_again_and_signed_anew() {
    for effect in [
        FaultEffect::Throttle { retry_after: None },
        FaultEffect::ServerError { status: 500 },
        FaultEffect::ServerError { status: 503 },
        FaultEffect::Close,
        FaultEffect::HtmlPage { status: 502 },
    ] {
        let (result, requests) = disturbed(Fault::times(TARGET, effect.clone(), 2)).await;
        assert!(result.is_ok(), "{effect:?}: {result:?}");
        assert_eq!(requests, 3, "{effect:?}");
    }
}

#[tokio::test]
async fn what_does_not_pass_ends_after_three_attempts() {
    for (effect, expected) in [
        (
            FaultEffect::Throttle { retry_after: None },
            "CreateSession was refused: ThrottlingException",
        ),
        (
            FaultEffect::Close,
            "CreateSession: no answer from http://127.0.0.1:",
        ),
    ] {
        let (result, requests) = disturbed(Fault::always(TARGET, effect)).await;
        let error = result.unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!((requests, error.fault()), (3, FaultKind::Unavailable));
    }
}

#[tokio::test]
async fn what_is_no_answer_of_aws_is_said_to_be_none() {
    let (result, requests) =
        disturbed(Fault::always(TARGET, FaultEffect::HtmlPage { status: 403 })).await;
    let error = result.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("answered HTTP 403 with text/html, which is not AWS"),
        "{error}"
    );
    assert_eq!((requests, error.fault()), (1, FaultKind::Failed));
    let (result, _) = disturbed(Fault::always(TARGET, FaultEffect::EndlessBody)).await;
    assert_eq!(result.unwrap_err().fault(), FaultKind::Failed);
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_kept() {
    let retry_after = Some(Duration::from_secs(1));
    let started = tokio::time::Instant::now();
    let (result, _) = disturbed(Fault::once(TARGET, FaultEffect::Throttle { retry_after })).await;
    assert!(result.is_ok());
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let (result, _) = disturbed(Fault::always(TARGET, FaultEffect::Hang)).await;
    let error = result.unwrap_err();
    assert_eq!(error.fault(), FaultKind::Unavailable, "{error}");
}

#[tokio::test]
async fn a_clock_that_is_off_is_reported_or_corrected() {
    for (seconds, direction) in [(3600, "behind"), (-3600, "ahead of")] {
        let laboratory = Laboratory::new().await;
        let identity = laboratory.identity("iamra").await;
        let request = laboratory.request();
        laboratory
            .sandbox
            .faults()
            .add(Fault::always(TARGET, FaultEffect::ClockSkew { seconds }));
        let error = laboratory
            .roles_anywhere()
            .create_session(&identity, &request)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::ClockSkewed { .. }), "{error}");
        assert!(error.to_string().contains(direction), "{error}");
        if seconds < 0 {
            // An hour ago the certificate was not valid yet.
            continue;
        }
        let correcting = laboratory
            .roles_anywhere()
            .with_clock_skew_policy(ClockSkewPolicy::Correct);
        laboratory.sandbox.faults().clear();
        // Within the certificate's life, but beyond what AWS tolerates.
        laboratory.sandbox.faults().add(Fault::always(
            TARGET,
            FaultEffect::ClockSkew { seconds: 1200 },
        ));
        let before = laboratory
            .sandbox
            .requests()
            .count(Operation::CreateSession);
        for expected in [2, 3] {
            correcting
                .create_session(&identity, &request)
                .await
                .unwrap();
            let requests = laboratory
                .sandbox
                .requests()
                .count(Operation::CreateSession)
                - before;
            assert_eq!(requests, expected, "the skew is learnt once");
        }
    }
}

#[tokio::test]
async fn credentials_that_have_expired_are_no_session() {
    let (result, _) = disturbed(Fault::once(TARGET, FaultEffect::Expired)).await;
    let error = result.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("its credentials have expired already"),
        "{error}"
    );
}
