//! What a pod's certificate opens: the role that trusts its name, as often as the
//! account may.

use std::time::Duration;

use iamra_sandbox::{Operation, Outcome, Refusal, Role};
use serde_json::Value;

use super::{log_in, pod, running, sign};
use crate::journey::{Issued, credentials, issued};
use crate::running::{Clock, Running};
use crate::sts::caller_identity;

const WEB: &str = "arn:aws:iam::123456789012:role/web";
const LEDGER: &str = "arn:aws:iam::123456789012:role/ledger";

/// A pod of an account, and the certificate for its own name.
async fn certificate(running: &Running, namespace: &str, account: &str) -> Issued {
    let token = log_in(running, &pod(running, namespace, account)).await;
    let name = format!("{account}.{namespace}.pods.c1.example");
    let (key, (status, answer)) = sign(running, &token, &name).await;
    assert_eq!(status, 200, "{answer}");
    issued(key, &answer["data"])
}

#[tokio::test]
async fn two_pods_have_two_roles_and_not_each_others() {
    let clock = Clock::recorded();
    let running = running(&clock).await;
    running.configure_roles_anywhere(|account| {
        account.add_role(Role::for_common_name(WEB, "web.shop.pods.c1.example"));
        account.add_role(Role::for_common_name(LEDGER, "ledger.bank.pods.c1.example"));
    });
    let web = certificate(&running, "shop", "web").await;
    let ledger = certificate(&running, "bank", "ledger").await;
    let admin = certificate(&running, "shop", "admin").await;
    for (whose, certificate, role, allowed) in [
        ("web", &web, WEB, true),
        ("ledger", &ledger, LEDGER, true),
        ("web", &web, LEDGER, false),
        ("ledger", &ledger, WEB, false),
        ("admin", &admin, WEB, false),
    ] {
        let response = certificate.open_session_of(&running, role, clock.now());
        let response = response.await;
        let status = response.status().as_u16();
        if allowed {
            assert_eq!(status, 201, "{whose} {role}");
            let credentials = credentials(response).await;
            let (_, identity) = caller_identity(&running, &credentials, clock.now()).await;
            let arn = role
                .replace(":iam:", ":sts:")
                .replace(":role/", ":assumed-role/");
            assert!(identity.contains(&format!("<Arn>{arn}/")), "{identity}");
            continue;
        }
        let code = &response.headers()["x-amzn-errortype"];
        assert_eq!(
            (status, code),
            (403, &"AccessDeniedException".parse().unwrap())
        );
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(body["message"], format!("Unable to assume role for {role}"));
        let last = running.requests().log.pop().unwrap();
        let refusal = Refusal::RoleNotAssumable {
            role_arn: role.to_owned(),
        };
        assert_eq!(last.outcome, Outcome::Refused(refusal));
    }
}

#[tokio::test]
async fn an_account_opens_so_many_sessions_a_second() {
    let clock = Clock::recorded();
    let running = running(&clock).await;
    let web = certificate(&running, "shop", "web").await;
    running.limit_sessions(Some(3));
    let mut granted = Vec::new();
    for milliseconds in [0, 0, 0, 0, 300, 100, 0, 1000, 0, 0, 0] {
        clock.advance(Duration::from_millis(milliseconds));
        let response = web.open_session(&running, clock.now()).await;
        let status = response.status().as_u16();
        if status == 429 {
            let code = &response.headers()["x-amzn-errortype"];
            assert_eq!(code, "ThrottlingException");
        }
        granted.push(status == 201);
    }
    let (yes, no) = (true, false);
    assert_eq!(granted, [yes, yes, yes, no, no, yes, no, yes, yes, yes, no]);
    let requests = running.requests();
    assert_eq!(requests.answered(Operation::CreateSession, 201), 7);
    assert_eq!(requests.answered(Operation::CreateSession, 429), 4);
    running.limit_sessions(None);
    let response = web.open_session(&running, clock.now()).await;
    assert_eq!(response.status().as_u16(), 201);
}
