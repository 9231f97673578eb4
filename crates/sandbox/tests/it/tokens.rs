//! How Vault tokens live and end, and what ends with them.

use std::time::Duration;

use iamra_sandbox::{Fault, FaultEffect, FaultTarget, Operation, TokenRules};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::running::{Clock, Running};

fn error(answer: &Value) -> &str {
    answer["errors"][0].as_str().unwrap_or_default()
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

fn token(running: &Running, rules: TokenRules) -> String {
    running.create_token(rules).expose_secret().to_owned()
}

async fn renew(running: &Running, token: &str, increment: &str) -> (u16, Value) {
    let body = json!({ "increment": increment });
    running.post("auth/token/renew-self", token, &body).await
}

async fn issue(running: &Running, role: &str, token: &str) -> (u16, Value) {
    let body = json!({"common_name": "app.example.test"});
    let path = format!("pki-aws/issue/{role}");
    running.post(&path, token, &body).await
}

#[tokio::test]
async fn a_periodic_token_lives_as_long_as_it_is_renewed() {
    let clock = Clock::recorded();
    let running = Running::with(clock.settings()).await;
    let periodic = TokenRules {
        period: Some(minutes(30)),
        ..TokenRules::default()
    };
    let endless = token(&running, periodic);
    let bounded = token(
        &running,
        TokenRules {
            explicit_max_ttl: Some(minutes(60)),
            ..periodic
        },
    );
    for left in [30, 30, 20] {
        let (_, renewed) = renew(&running, &endless, "5m").await;
        assert_eq!(renewed["auth"]["lease_duration"], 30 * 60);
        let (_, renewed) = renew(&running, &bounded, "").await;
        assert_eq!(renewed["auth"]["lease_duration"], left * 60);
        clock.advance(minutes(20));
    }
    assert_eq!(renew(&running, &endless, "").await.0, 200);
    let (status, answer) = renew(&running, &bounded, "").await;
    assert_eq!((status, error(&answer)), (403, "permission denied"));
    assert_eq!(running.requests().count(Operation::VaultRenew), 8);
}

/// Against OpenBao 2.6.2.
#[tokio::test]
async fn a_use_limited_token_ends_with_its_last_use() {
    let running = Running::standard().await;
    let limited = |num_uses| {
        let rules = TokenRules {
            num_uses,
            ..TokenRules::default()
        };
        token(&running, rules)
    };
    // What the policy denies counts, too.
    let three = limited(3);
    let (_, answer) = running.get("auth/token/lookup-self", &three).await;
    assert_eq!(answer["data"]["num_uses"], 2);
    assert_eq!(running.get("sys/mounts", &three).await.0, 403);
    let (_, answer) = running.get("auth/token/lookup-self", &three).await;
    assert_eq!(answer["data"]["num_uses"], -1);
    let (status, answer) = issue(&running, "iamra", &three).await;
    assert_eq!((status, error(&answer)), (403, "permission denied"));

    let (status, answer) = renew(&running, &limited(1), "").await;
    assert_eq!((status, error(&answer)), (400, "token not found"));
    let (status, _) = running
        .post("auth/token/revoke-self", &limited(1), &Value::Null)
        .await;
    assert_eq!(status, 204);
    let (status, answer) = issue(&running, "lease", &limited(1)).await;
    assert_eq!(status, 400);
    assert!(error(&answer).starts_with("Secret cannot be returned; token had one use left"));
    assert_eq!(running.revoked_serials().len(), 1);
}

#[tokio::test]
async fn a_batch_token_is_neither_renewed_nor_revoked() {
    let running = Running::standard().await;
    let rules = TokenRules {
        batch: true,
        ..TokenRules::default()
    };
    let batch = token(&running, rules);
    for (operation, text) in [
        ("renew-self", "batch tokens cannot be renewed"),
        ("revoke-self", "batch tokens cannot be revoked"),
    ] {
        let path = format!("auth/token/{operation}");
        let (status, answer) = running.post(&path, &batch, &json!({})).await;
        assert_eq!((status, error(&answer)), (400, text));
    }
    assert_eq!(issue(&running, "iamra", &batch).await.0, 200);
}

#[tokio::test]
async fn certificates_hang_on_the_token_where_the_role_says_so() {
    let clock = Clock::recorded();
    let running = Running::with(clock.settings()).await;
    let serial = |answer: &Value| answer["data"]["serial_number"].as_str().unwrap().to_owned();
    let mut expected = Vec::new();
    // By its own hand, by the operator's, and by time.
    let tokens: Vec<_> = (0..3)
        .map(|_| token(&running, TokenRules::default()))
        .collect();
    for token in &tokens {
        let (_, free) = issue(&running, "iamra", token).await;
        assert_eq!(free["lease_id"], "");
        let (_, leased) = issue(&running, "lease", token).await;
        let lease = leased["lease_id"].as_str().unwrap();
        assert!(lease.starts_with("pki-aws/issue/lease/"), "{lease}");
        expected.push(serial(&leased));
    }
    assert_eq!(running.revoked_serials(), [""; 0]);
    running
        .post("auth/token/revoke-self", &tokens[0], &Value::Null)
        .await;
    running.revoke_token(&tokens[1]);
    assert_eq!(running.revoked_serials().len(), 2);
    assert_eq!(issue(&running, "iamra", &tokens[1]).await.0, 403);
    clock.advance(minutes(20));
    expected.sort();
    assert_eq!(running.revoked_serials(), expected);
}

#[tokio::test]
async fn renewals_can_be_disturbed_and_leave_the_rest_alone() {
    let running = Running::standard().await;
    let effect = FaultEffect::ServerError { status: 500 };
    let fault = Fault::once(FaultTarget::VaultToken, effect);
    running.faults().add(fault);
    let token = running.log_in("iamra").await;
    assert_eq!(issue(&running, "iamra", &token).await.0, 200);
    assert_eq!(renew(&running, &token, "").await.0, 500);
    assert_eq!(renew(&running, &token, "").await.0, 200);
}

#[tokio::test]
async fn a_token_reaches_what_is_below_its_namespace() {
    let mut settings = Clock::recorded().settings();
    settings.vault_namespace = Some("platform/pki".into());
    settings.vault_auth_namespace = Some("platform".into());
    let running = Running::with(settings).await;
    let jwt = running.service_account_token(&iamra_sandbox::ServiceAccount::default());
    let body = json!({"role": "iamra", "jwt": jwt.unwrap().expose_secret()});
    for (namespace, status) in [("platform/pki", 403), ("team1", 403), ("platform", 200)] {
        let path = format!("{namespace}/auth/kubernetes/login");
        let (answered, _) = running.post(&path, "", &body).await;
        assert_eq!(answered, status, "{namespace}");
    }
    let (_, answer) = running
        .post("platform/auth/kubernetes/login", "", &body)
        .await;
    let token = answer["auth"]["client_token"].as_str().unwrap();
    let body = json!({"common_name": "app.example.test"});
    for (namespace, status) in [("platform/pki", 200), ("platform", 404), ("team1", 403)] {
        let path = format!("{namespace}/pki-aws/issue/iamra");
        let (answered, _) = running.post(&path, token, &body).await;
        assert_eq!(answered, status, "{namespace}");
        // What it does to itself is done from anywhere (OpenBao 2.6.2).
        let path = format!("{namespace}/auth/token/renew-self");
        let (renewed, _) = running.post(&path, token, &json!({})).await;
        assert_eq!(renewed, 200, "{namespace}");
    }
}
