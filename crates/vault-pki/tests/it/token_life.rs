//! What a daemon does about its token, in simulated time.

use std::time::Duration;

use serde_json::json;
use vault_pki::TokenFileLogin;
use wiremock::ResponseTemplate;

use crate::daemon::{APP_ROLE, Daemon, LOOKUP, RENEW, renewed, settle};
use crate::server::{self, ISSUE, LOGIN, REVOKE, SIGN};

/// Two thirds of 20 minutes, less the jitter, and the grain of the test.
fn is_two_thirds(seconds: u64) -> bool {
    (730..=830).contains(&seconds)
}

#[tokio::test]
async fn a_token_is_renewed_at_two_thirds_for_as_long_as_that_extends_it() {
    let daemon = Daemon::new(Box::new(server::app_role())).await;
    daemon.answers(APP_ROLE, 0, server::logged_in("s.1")).await;
    daemon.answers(RENEW, 0, renewed(1200)).await;
    let work = async {
        daemon.sign().await.unwrap();
        for requests in 3..=5 {
            let seconds = daemon.until(requests).await;
            assert!(is_two_thirds(seconds), "{seconds}");
        }
        daemon.sign().await.unwrap();
    };
    daemon.beside(work).await;
    let expected = [APP_ROLE, SIGN, RENEW, RENEW, RENEW, SIGN];
    assert_eq!(daemon.asked().await, expected);
    let token = server::header(&daemon.server, 2, "x-vault-token").await;
    assert_eq!(token.as_deref(), Some("s.1"));
}

#[tokio::test]
async fn a_login_that_may_not_be_had_later_is_had_when_renewal_no_longer_extends() {
    let daemon = Daemon::new(Box::new(server::app_role())).await;
    daemon.answers(APP_ROLE, 0, server::logged_in("s.1")).await;
    // A third of the life is left, and renewal does not change that.
    daemon.answers(RENEW, 0, renewed(400)).await;
    let work = async {
        daemon.sign().await.unwrap();
        daemon.until(4).await;
    };
    daemon.beside(work).await;
    assert_eq!(daemon.asked().await, [APP_ROLE, SIGN, RENEW, APP_ROLE]);
}

#[tokio::test]
async fn a_login_that_can_be_had_later_waits_for_the_end_of_the_token() {
    let daemon = Daemon::new(server::kubernetes()).await;
    daemon.answers(LOGIN, 0, server::logged_in("s.1")).await;
    daemon.answers(RENEW, 0, renewed(400)).await;
    let work = async {
        daemon.sign().await.unwrap();
        daemon.until(3).await;
        daemon.pass(300).await;
        daemon.sign().await.unwrap();
        assert_eq!(daemon.asked().await, [LOGIN, SIGN, RENEW, SIGN]);
        daemon.pass(200).await;
        daemon.sign().await.unwrap();
    };
    daemon.beside(work).await;
    let expected = [LOGIN, SIGN, RENEW, SIGN, LOGIN, SIGN];
    assert_eq!(daemon.asked().await, expected);
}

#[tokio::test]
async fn the_token_is_used_to_its_end_where_no_other_can_be_had() {
    let daemon = Daemon::new(Box::new(server::app_role())).await;
    daemon.answers(APP_ROLE, 1, server::logged_in("s.1")).await;
    let spent = server::recording("085-approle-login-bad-secret");
    daemon.answers(APP_ROLE, 0, spent).await;
    daemon.answers(RENEW, 0, renewed(400)).await;
    let work = async {
        daemon.sign().await.unwrap();
        daemon.until(4).await;
        daemon.sign().await.unwrap();
        daemon.sign().await.unwrap();
        daemon.pass(400).await;
        daemon.sign().await.unwrap_err();
    };
    daemon.beside(work).await;
    let expected = [APP_ROLE, SIGN, RENEW, APP_ROLE, SIGN, SIGN, APP_ROLE];
    assert_eq!(daemon.asked().await, expected);
}

#[tokio::test]
async fn an_outage_is_waited_out_and_not_hammered() {
    let daemon = Daemon::new(Box::new(server::app_role())).await;
    daemon.answers(APP_ROLE, 0, server::logged_in("s.1")).await;
    let sealed = || server::errors(503, "Vault is sealed");
    daemon.answers(RENEW, 4, sealed()).await;
    daemon.answers(RENEW, 0, renewed(1200)).await;
    let work = async {
        daemon.sign().await.unwrap();
        daemon.until(3).await;
        // No time passes, and so nothing is tried again.
        for failures in 3..7 {
            settle(100).await;
            assert_eq!(daemon.asked().await.len(), failures);
            let seconds = daemon.until(failures + 1).await;
            assert!((1..=60).contains(&seconds), "{seconds}");
        }
        daemon.pass(600).await;
    };
    daemon.beside(work).await;
    let asked = daemon.asked().await;
    assert_eq!(asked.len(), 7, "four failures, one success: {asked:?}");
    assert_eq!(asked[1..], [SIGN, RENEW, RENEW, RENEW, RENEW, RENEW]);
}

#[tokio::test]
async fn what_cannot_be_renewed_is_asked_once() {
    for recording in ["106-renew-nonrenewable", "101-renew-batch"] {
        let daemon = Daemon::new(server::kubernetes()).await;
        daemon.answers(LOGIN, 0, server::logged_in("s.1")).await;
        daemon.answers(RENEW, 0, server::recording(recording)).await;
        let work = async {
            daemon.sign().await.unwrap();
            daemon.until(3).await;
            daemon.pass(380).await;
        };
        daemon.beside(work).await;
        assert_eq!(daemon.asked().await, [LOGIN, SIGN, RENEW], "{recording}");
    }
}

#[tokio::test]
async fn a_token_that_vault_has_forgotten_is_replaced_by_the_next_call() {
    let daemon = Daemon::new(server::kubernetes()).await;
    daemon.answers(LOGIN, 0, server::logged_in("s.1")).await;
    daemon
        .answers(RENEW, 0, server::recording("095-bad-token"))
        .await;
    let work = async {
        daemon.sign().await.unwrap();
        daemon.until(3).await;
        daemon.sign().await.unwrap();
    };
    daemon.beside(work).await;
    assert_eq!(daemon.asked().await, [LOGIN, SIGN, RENEW, LOGIN, SIGN]);
}

#[tokio::test]
async fn a_token_of_somebody_else_is_looked_up_after_the_certificate_and_renewed() {
    let daemon = Daemon::new(server::token("s.theirs")).await;
    daemon.knows(server::recording("089-lookup-self")).await;
    daemon.answers(RENEW, 0, renewed(1200)).await;
    let work = async {
        daemon.pass(100).await;
        assert!(daemon.asked().await.is_empty(), "nothing to look up yet");
        daemon.sign().await.unwrap();
        daemon.until(2).await;
        let seconds = daemon.until(3).await;
        assert!(is_two_thirds(seconds), "{seconds}");
        assert!(daemon.vault.rest().await.unwrap().is_none());
        daemon.sign().await.unwrap();
        daemon.pass(200).await;
        assert!(daemon.vault.finish().await.unwrap().is_none());
    };
    daemon.beside(work).await;
    assert_eq!(daemon.asked().await, [SIGN, LOOKUP, RENEW, SIGN]);
}

/// Who does not await `keep_alive` spends no request on the token.
#[tokio::test]
async fn one_certificate_is_one_request_with_a_token_of_somebody_else() {
    let daemon = Daemon::new(server::token("s.theirs")).await;
    daemon.sign().await.unwrap();
    daemon.vault.finish().await.unwrap();
    assert_eq!(daemon.asked().await, [SIGN]);
}

#[tokio::test]
async fn a_token_for_two_uses_is_replaced_before_the_third() {
    let daemon = Daemon::new(server::kubernetes()).await;
    let auth = json!({
        "client_token": "s.1", "lease_duration": 1200, "renewable": true, "num_uses": 2,
    });
    let login = ResponseTemplate::new(200).set_body_json(json!({"auth": auth}));
    daemon.answers(LOGIN, 0, login).await;
    for _ in 0..4 {
        daemon.sign().await.unwrap();
    }
    assert!(
        daemon.vault.finish().await.unwrap().is_none(),
        "it is used up"
    );
    assert_eq!(daemon.asked().await, [LOGIN, SIGN, SIGN, LOGIN, SIGN, SIGN]);
}

#[tokio::test]
async fn rest_gives_back_what_can_be_had_again() {
    let daemon = Daemon::new(server::kubernetes()).await;
    daemon.answers(LOGIN, 0, server::logged_in("s.1")).await;
    daemon.sign().await.unwrap();
    assert!(daemon.vault.rest().await.unwrap().is_some());
    daemon.sign().await.unwrap();
    assert_eq!(daemon.asked().await, [LOGIN, SIGN, REVOKE, LOGIN, SIGN]);

    let daemon = Daemon::new(Box::new(server::app_role())).await;
    daemon.answers(APP_ROLE, 0, server::logged_in("s.1")).await;
    daemon.sign().await.unwrap();
    assert!(daemon.vault.rest().await.unwrap().is_none());
    assert_eq!(daemon.asked().await, [APP_ROLE, SIGN]);
    assert!(daemon.vault.finish().await.unwrap().is_some());
    assert_eq!(daemon.asked().await, [APP_ROLE, SIGN, REVOKE]);
}

/// Its next use may be its last, and is not for us to spend.
#[tokio::test]
async fn a_token_of_somebody_else_that_was_rotated_is_not_looked_up_before_it_has_served() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    deliver(&path, "s.a");
    let daemon = Daemon::new(Box::new(TokenFileLogin::new(path.clone()))).await;
    daemon.knows(server::recording("089-lookup-self")).await;
    let slow = server::recording("146-issue-with-lease").set_delay(Duration::from_millis(200));
    daemon.answers(ISSUE, 0, slow).await;
    let work = async {
        daemon.sign().await.unwrap();
        daemon.until(2).await;
        deliver(&path, "s.b");
        daemon.issue_leased().await;
        daemon.until(4).await;
    };
    daemon.beside(work).await;
    assert_eq!(daemon.asked().await, [SIGN, LOOKUP, ISSUE, LOOKUP]);
    let token = server::header(&daemon.server, 3, "x-vault-token").await;
    assert_eq!(token.as_deref(), Some("s.b"));
}

#[tokio::test]
async fn a_renewal_is_a_use() {
    let daemon = Daemon::new(Box::new(server::app_role())).await;
    let auth = json!({
        "client_token": "s.1", "lease_duration": 1200, "renewable": true, "num_uses": 3,
    });
    let login = ResponseTemplate::new(200).set_body_json(json!({"auth": auth}));
    daemon.answers(APP_ROLE, 1, login).await;
    daemon.answers(APP_ROLE, 0, server::logged_in("s.2")).await;
    daemon.answers(RENEW, 0, renewed(1200)).await;
    let work = async {
        daemon.sign().await.unwrap();
        daemon.until(3).await;
        daemon.sign().await.unwrap();
        daemon.sign().await.unwrap();
    };
    daemon.beside(work).await;
    let expected = [APP_ROLE, SIGN, RENEW, SIGN, APP_ROLE, SIGN];
    assert_eq!(daemon.asked().await, expected);
}

#[tokio::test]
async fn a_login_that_hangs_holds_up_nobody_who_has_a_good_token() {
    let daemon = Daemon::new(Box::new(server::app_role())).await;
    daemon.answers(APP_ROLE, 1, server::logged_in("s.1")).await;
    let hanging = server::logged_in("s.2").set_delay(Duration::from_secs(20));
    daemon.answers(APP_ROLE, 0, hanging).await;
    daemon
        .answers(RENEW, 0, server::recording("106-renew-nonrenewable"))
        .await;
    let work = async {
        daemon.sign().await.unwrap();
        daemon.until(4).await;
        let others = async {
            daemon.sign().await.unwrap();
            daemon.vault.session().await.unwrap();
            daemon.vault.lease_end().await
        };
        let done = tokio::time::timeout(Duration::from_secs(10), others).await;
        assert_eq!(done.unwrap(), None);
    };
    daemon.beside(work).await;
    let expected = [APP_ROLE, SIGN, RENEW, APP_ROLE, SIGN];
    assert_eq!(daemon.asked().await, expected);
}

#[expect(clippy::disallowed_methods, reason = "the test delivers the token")]
fn deliver(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).unwrap();
}
