use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use destination::{Destination, HttpClient};
use iamra_sandbox::{Fault, FaultEffect, FaultTarget, Operation};
use refresh::{Backoff, Clock, Fault as _, FaultKind, Retry, Sleep, SystemClock};
use rolesanywhere::{ClockSkewPolicy, Error, RolesAnywhere, Session, Sts};

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
async fn silence_ends_at_the_deadline_whatever_the_client_would_wait() {
    let laboratory = Laboratory::new().await;
    let identity = laboratory.identity("iamra").await;
    let faults = laboratory.sandbox.faults();
    faults.add(Fault::always(TARGET, FaultEffect::Hang));
    faults.add(Fault::always(FaultTarget::Sts, FaultEffect::Hang));
    let patient = Arc::new(HttpClient::new(Destination::default()).unwrap());
    let retry = Retry {
        attempts: 3,
        backoff: Backoff::REQUEST,
        within: Duration::from_millis(600),
    };
    let endpoint = || laboratory.sandbox.aws_url().parse().unwrap();
    let client = RolesAnywhere::new(Arc::clone(&patient))
        .with_endpoint(endpoint())
        .with_retry(retry);
    let error = client
        .create_session(&identity, &laboratory.request())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::DeadlineExceeded { .. }), "{error}");
    assert_eq!(error.fault(), FaultKind::Unavailable);
    // Too little time for two: the one attempt had all of it.
    let asked = laboratory.sandbox.requests();
    assert_eq!(asked.count(Operation::CreateSession), 1);
    let sts = Sts::new(patient, laboratory.request().region().clone())
        .with_endpoint(endpoint())
        .with_retry(retry);
    let credentials = Credentials::new("ASIA", "secret", None, None, "test");
    let error = sts.caller_identity(&credentials).await.unwrap_err();
    assert!(matches!(error, Error::DeadlineExceeded { .. }), "{error}");
}

/// Time is moved on by hand, once a request hangs.
#[tokio::test]
async fn an_attempt_that_hangs_leaves_time_for_another() {
    let laboratory = Laboratory::new().await;
    let identity = laboratory.identity("iamra").await;
    let faults = laboratory.sandbox.faults();
    faults.add(Fault::once(TARGET, FaultEffect::Hang));
    let asked = async || {
        let requests = || laboratory.sandbox.requests();
        while requests().count(Operation::CreateSession) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(11)).await;
        tokio::time::resume();
    };
    let patient = Arc::new(HttpClient::new(Destination::default()).unwrap());
    let client =
        RolesAnywhere::new(patient).with_endpoint(laboratory.sandbox.aws_url().parse().unwrap());
    let request = laboratory.request();
    let (session, ()) = tokio::join!(client.create_session(&identity, &request), asked());
    assert!(session.is_ok(), "{session:?}");
    let requests = laboratory.sandbox.requests();
    assert_eq!(requests.count(Operation::CreateSession), 2);
}

/// A clock that is off by a number of seconds, which may change.
#[derive(Clone, Debug, Default)]
struct Off(Arc<AtomicI64>);

impl Clock for Off {
    fn now(&self) -> SystemTime {
        let off = self.0.load(Ordering::Relaxed);
        let by = Duration::from_secs(off.unsigned_abs());
        if off < 0 {
            SystemClock.now() - by
        } else {
            SystemClock.now() + by
        }
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        Box::pin(tokio::time::sleep(duration))
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_reported() {
    for (off, direction) in [(-3600, "60 min behind"), (3600, "60 min ahead of")] {
        let laboratory = Laboratory::new().await;
        let identity = laboratory.identity("iamra").await;
        let clock = Off::default();
        clock.0.store(off, Ordering::Relaxed);
        let client = laboratory.roles_anywhere().with_clock(Arc::new(clock));
        let error = client
            .create_session(&identity, &laboratory.request())
            .await
            .unwrap_err();
        assert!(matches!(error, Error::ClockSkewed { .. }), "{error}");
        assert!(error.to_string().contains(direction), "{error}");
        assert_eq!(
            laboratory
                .sandbox
                .requests()
                .count(Operation::CreateSession),
            1
        );
    }
}

#[tokio::test]
async fn a_correction_is_learnt_once_and_forgotten_when_the_clock_is_right_again() {
    for off in [-1200, 1200] {
        let laboratory = Laboratory::new().await;
        let identity = laboratory.identity("iamra").await;
        let request = laboratory.request();
        let clock = Off::default();
        clock.0.store(off, Ordering::Relaxed);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let correct = ClockSkewPolicy::Correct;
        let client = laboratory
            .roles_anywhere()
            .with_clock(Arc::clone(&shared))
            .with_clock_skew_policy(correct);
        let sts = laboratory
            .sts()
            .with_clock(shared)
            .with_clock_skew_policy(correct);
        let count = || {
            laboratory
                .sandbox
                .requests()
                .count(Operation::CreateSession)
        };
        let open = async |requests: usize| {
            let before = count();
            let session = client.create_session(&identity, &request).await.unwrap();
            assert_eq!(count() - before, requests, "off by {off}");
            sts.caller_identity(&(&session).into()).await.unwrap();
            session
        };
        open(2).await;
        let session = open(1).await;
        // By our clock the session is new and lasts as long as the profile says, whatever AWS calls the time.
        let lifetime = session.lifetime();
        let duration = lifetime.duration().as_secs();
        assert!((43_190..=43_200).contains(&duration), "{duration}");
        assert!(lifetime.start() <= clock.now());
        assert_eq!(Credentials::from(&session).expiry(), Some(lifetime.end()));
        clock.0.store(0, Ordering::Relaxed);
        open(2).await;
        open(1).await;
        // A refusal for another reason is one request, and not blamed on the clock.
        clock.0.store(off, Ordering::Relaxed);
        open(2).await;
        let before = count();
        let mut named = request.clone();
        named.role_session_name = Some("build-7".parse().unwrap());
        let error = client.create_session(&identity, &named).await.unwrap_err();
        assert!(matches!(error, Error::Refused { .. }), "{error}");
        assert_eq!(count() - before, 1);
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
