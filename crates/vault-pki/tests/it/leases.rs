//! Certificates that hang on the lease of a token.

use std::time::Duration;

use serde_json::json;
use wiremock::ResponseTemplate;

use crate::daemon::{APP_ROLE, Daemon, LOOKUP, RENEW, renewed, settle};
use crate::server::{self, ISSUE, LOGIN, REVOKE, SIGN};

#[tokio::test]
async fn a_certificate_on_a_lease_lives_as_long_as_its_token_is_renewed() {
    let daemon = Daemon::new(server::kubernetes()).await;
    daemon.answers(LOGIN, 0, server::logged_in("s.1")).await;
    daemon.leases().await;
    daemon.answers(RENEW, 0, renewed(1200)).await;
    assert_eq!(daemon.vault.lease_end().await, None);
    let work = async {
        daemon.issue_leased().await;
        assert!(daemon.vault.rest().await.unwrap().is_none(), "kept");
        let first = daemon.vault.lease_end().await.unwrap();
        assert_eq!(first, server::noon() + Duration::from_secs(1200));
        daemon.until(3).await;
        let second = daemon.vault.lease_end().await.unwrap();
        assert!(second > first + Duration::from_secs(700));
        daemon.vault.finish().await.unwrap();
        assert_eq!(daemon.vault.lease_end().await, Some(second));
    };
    daemon.beside(work).await;
    assert_eq!(daemon.asked().await, [LOGIN, ISSUE, RENEW]);
}

/// Another certificate would hang on the same token.
#[tokio::test]
async fn no_other_certificate_is_wanted_where_there_is_no_other_token() {
    let daemon = Daemon::new(server::token("s.theirs")).await;
    let info = json!({"accessor": "a", "ttl": 1200, "renewable": false, "type": "service"});
    daemon
        .knows(ResponseTemplate::new(200).set_body_json(json!({"data": info})))
        .await;
    daemon.leases().await;
    let work = async {
        daemon.issue_leased().await;
        daemon.until(2).await;
        daemon.pass(1000).await;
        assert!(!daemon.vault.is_lease_ending().await);
        daemon.pass(300).await;
        assert!(daemon.vault.is_lease_ending().await, "it has ended");
        daemon.issue_leased().await;
        assert!(!daemon.vault.is_lease_ending().await);
    };
    daemon.beside(work).await;
    assert_eq!(daemon.asked().await, [ISSUE, LOOKUP, ISSUE]);
}

#[tokio::test]
async fn a_login_that_fails_for_a_while_makes_no_certificates() {
    let daemon = Daemon::new(server::kubernetes()).await;
    daemon.answers(LOGIN, 1, server::logged_in("s.1")).await;
    let sealed = server::errors(503, "Vault is sealed");
    daemon.answers(LOGIN, 2, sealed).await;
    daemon.answers(LOGIN, 0, server::logged_in("s.2")).await;
    daemon.answers(RENEW, 0, renewed(400)).await;
    daemon.leases().await;
    let work = async {
        daemon.issue_leased().await;
        daemon.until(4).await;
        assert!(!daemon.vault.is_lease_ending().await);
        daemon.until(6).await;
        assert!(daemon.vault.is_lease_ending().await, "there is another");
        daemon.issue_leased().await;
        assert!(!daemon.vault.is_lease_ending().await);
    };
    daemon.beside(work).await;
    let expected = [LOGIN, ISSUE, RENEW, LOGIN, LOGIN, LOGIN, ISSUE];
    assert_eq!(daemon.asked().await, expected);
}

#[tokio::test]
async fn a_later_certificate_without_a_lease_does_not_revoke_the_one_before() {
    let daemon = Daemon::new(server::kubernetes()).await;
    daemon.answers(LOGIN, 0, server::logged_in("s.1")).await;
    daemon.leases().await;
    daemon.issue_leased().await;
    daemon.sign().await.unwrap();
    assert!(daemon.vault.rest().await.unwrap().is_none());
    assert!(daemon.vault.finish().await.unwrap().is_none());
    assert_eq!(daemon.asked().await, [LOGIN, ISSUE, SIGN]);
}

#[tokio::test]
async fn a_certificate_hangs_on_the_token_that_was_sent_for_it() {
    let daemon = Daemon::new(Box::new(server::app_role())).await;
    daemon.answers(APP_ROLE, 1, server::logged_in("s.1")).await;
    daemon.answers(APP_ROLE, 0, server::logged_in("s.2")).await;
    daemon
        .answers(RENEW, 0, server::recording("106-renew-nonrenewable"))
        .await;
    let slow = server::recording("146-issue-with-lease").set_delay(Duration::from_millis(600));
    daemon.answers(ISSUE, 0, slow).await;
    let work = async {
        daemon.vault.session().await.unwrap();
        daemon.clock.advance(Duration::from_secs(700));
        let time = async {
            settle(150).await;
            daemon.until(4).await;
        };
        let _ = tokio::join!(daemon.issue_leased(), time);
        let end = daemon.vault.lease_end().await.unwrap();
        assert_eq!(end, server::noon() + Duration::from_secs(1200));
        assert!(daemon.vault.is_lease_ending().await);
        assert!(daemon.vault.finish().await.unwrap().is_some(), "s.2");
    };
    daemon.beside(work).await;
    let expected = [APP_ROLE, ISSUE, RENEW, APP_ROLE, REVOKE];
    assert_eq!(daemon.asked().await, expected);
}
