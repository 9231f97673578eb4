//! What a refusal by policy does to the token.

use std::time::Duration;

use vault_pki::RefusalCause;
use wiremock::ResponseTemplate;

use crate::daemon::{APP_ROLE, Daemon};
use crate::server::{self, ISSUE, LOGIN, REVOKE, SIGN};

const DENIED: &str = "093-sign-denied-path";

/// Asks for a certificate that no policy allows, long after the login.
async fn denied(daemon: &Daemon) {
    daemon.clock.advance(Duration::from_secs(100));
    let error = daemon.vault.issue(&server::app(), server::noon()).await;
    let error = error.unwrap_err();
    let cause = &error.refusal().unwrap().cause;
    assert_eq!(*cause, RefusalCause::PolicyDenied, "{error}");
    assert!(error.hint().unwrap().contains("pki-aws/issue/app"));
}

#[tokio::test]
async fn a_login_that_may_be_the_last_is_not_spent_on_it() {
    let daemon = Daemon::new(Box::new(server::app_role())).await;
    daemon.answers(APP_ROLE, 0, server::logged_in("s.1")).await;
    daemon.answers(ISSUE, 0, server::recording(DENIED)).await;
    daemon.sign().await.unwrap();
    denied(&daemon).await;
    assert_eq!(daemon.asked().await, [APP_ROLE, SIGN, ISSUE]);
}

#[tokio::test]
async fn a_token_that_something_hangs_on_is_not_replaced() {
    let daemon = Daemon::new(server::kubernetes()).await;
    daemon.answers(LOGIN, 0, server::logged_in("s.1")).await;
    let leased = server::recording("146-issue-with-lease");
    daemon.answers(ISSUE, 1, leased).await;
    daemon.answers(ISSUE, 0, server::recording(DENIED)).await;
    daemon.issue_leased().await;
    denied(&daemon).await;
    assert_eq!(daemon.asked().await, [LOGIN, ISSUE, ISSUE]);
}

#[tokio::test]
async fn the_token_that_is_replaced_is_revoked() {
    let daemon = Daemon::new(server::kubernetes()).await;
    for token in ["s.1", "s.2"] {
        daemon.answers(LOGIN, 1, server::logged_in(token)).await;
    }
    daemon.answers(ISSUE, 0, server::recording(DENIED)).await;
    daemon.sign().await.unwrap();
    denied(&daemon).await;
    assert!(daemon.vault.finish().await.unwrap().is_some());
    let expected = [LOGIN, SIGN, ISSUE, LOGIN, REVOKE, ISSUE, REVOKE];
    assert_eq!(daemon.asked().await, expected);
    for (request, token) in [(4, "s.1"), (5, "s.2"), (6, "s.2")] {
        let sent = server::header(&daemon.server, request, "x-vault-token").await;
        assert_eq!(sent.as_deref(), Some(token));
    }
}

#[tokio::test]
async fn a_login_that_fails_then_hides_nothing() {
    let daemon = Daemon::new(server::kubernetes()).await;
    daemon.answers(LOGIN, 1, server::logged_in("s.1")).await;
    let refused = ResponseTemplate::new(400);
    daemon.answers(LOGIN, 0, refused).await;
    daemon.answers(ISSUE, 0, server::recording(DENIED)).await;
    daemon.sign().await.unwrap();
    denied(&daemon).await;
    daemon.sign().await.unwrap();
    let expected = [LOGIN, SIGN, ISSUE, LOGIN, SIGN];
    assert_eq!(daemon.asked().await, expected);
}
