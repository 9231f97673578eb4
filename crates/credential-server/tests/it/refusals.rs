//! Where nothing valid is at hand: an error that SDKs read, never credentials.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use credential_server::{Doors, Entrance, Limits, Listener, Outcome, Refusal, Settings};

use crate::client::{get, token};
use crate::fixture::{hand_out, serving, serving_with, start};

const TOKEN: &str = "X-aws-ec2-metadata-token";
const CREDS: [(&str, &str); 1] = [("Authorization", "t0ken")];
const ROLE: &str = "/latest/meta-data/iam/security-credentials/app";

#[tokio::test]
async fn a_refusal_has_a_status_a_code_and_when_to_come_back() {
    serving(Doors::ALL, async |fixture| {
        let metadata = token(fixture.address, 60).await;
        let soon = Duration::from_millis(1500);
        let sealed = || "Vault is \"sealed\"".to_owned();
        for (refusal, status, after, body) in [
            (
                Refusal::Unavailable {
                    message: sealed(),
                    retry_after: soon,
                },
                503,
                Some("2"),
                r#"{"code":"CredentialsUnavailable","message":"Vault is \"sealed\""}"#,
            ),
            (
                Refusal::Throttled {
                    retry_after: Duration::ZERO,
                },
                429,
                Some("1"),
                r#"{"code":"Throttling","message":"Too Many Requests"}"#,
            ),
            (
                Refusal::Denied {
                    message: "not you".to_owned(),
                },
                403,
                None,
                r#"{"code":"AccessDenied","message":"not you"}"#,
            ),
            (
                Refusal::NotFound,
                404,
                None,
                r#"{"code":"NotFound","message":"there is no such role"}"#,
            ),
        ] {
            *fixture.server.broker().answer.lock().unwrap() = Err(refusal);
            for (path, headers) in [("/creds", CREDS), (ROLE, [(TOKEN, metadata.as_str())])] {
                let reply = get(fixture.address, path, &headers).await;
                assert_eq!(
                    (reply.status, reply.body.as_str()),
                    (status, body),
                    "{path}"
                );
                assert_eq!(reply.header("retry-after"), after, "{path}");
            }
        }
        assert!(fixture.server.broker().audit.lock().unwrap().is_empty());
        let counters = fixture.server.counters();
        for entrance in [Entrance::Imds, Entrance::Container] {
            assert_eq!(counters.requests(entrance, Outcome::Unavailable), 1);
            assert_eq!(counters.requests(entrance, Outcome::Throttled), 1);
        }
    })
    .await;
}

/// `aws_signing_helper` serves empty credentials with `Success` when a refresh
/// fails.
#[tokio::test]
async fn expired_credentials_are_not_handed_out() {
    serving(Doors::ALL, async |fixture| {
        let end = start() + Duration::from_secs(3600);
        for (now, status) in [
            (end - Duration::from_secs(1), 200),
            (end, 503),
            (end + Duration::from_secs(86_400), 503),
        ] {
            fixture.clock.set(now);
            let metadata = token(fixture.address, 60).await;
            for (path, headers) in [("/creds", CREDS), (ROLE, [(TOKEN, metadata.as_str())])] {
                let reply = get(fixture.address, path, &headers).await;
                assert_eq!(reply.status, status, "{path}");
                assert_eq!(reply.body.contains("ASIATEST"), status == 200, "{path}");
            }
        }
        assert_eq!(fixture.server.broker().audit.lock().unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_broker_that_does_not_answer_is_unavailable() {
    let limits = Limits {
        request_timeout: Duration::from_millis(20),
        ..Limits::default()
    };
    let settings = Settings {
        limits,
        ..Settings::default()
    };
    let listener = async |socket| Listener::tcp(socket, Doors::ALL);
    serving_with(settings, listener, async |fixture| {
        fixture.server.broker().gate.forget_permits(usize::MAX);
        let reply = get(fixture.address, "/creds", &CREDS).await;
        assert_eq!(reply.status, 503);
        assert_eq!(reply.header("retry-after"), Some("5"));
        assert_eq!(fixture.server.broker().asked.load(SeqCst), 1);
    })
    .await;
}

#[tokio::test]
async fn new_credentials_are_handed_out_at_once() {
    serving(Doors::ALL, async |fixture| {
        let before = get(fixture.address, "/creds", &CREDS).await.body;
        let renamed = hand_out().with_role_arn("arn:aws:iam::123456789012:role/other");
        *fixture.server.broker().answer.lock().unwrap() = Ok(Arc::new(renamed));
        let after = get(fixture.address, "/creds", &CREDS).await.body;
        assert_eq!(before.replace("role/app", "role/other"), after);
    })
    .await;
}
