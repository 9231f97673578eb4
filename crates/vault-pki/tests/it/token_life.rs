//! What a daemon does about its token, in simulated time.

use std::sync::Arc;
use std::time::Duration;

use refresh::{Clock as _, ManualClock};
use serde_json::json;
use vault_pki::{LoginMethod, Vault};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::authority::Authority;
use crate::server::{self, LOGIN, REVOKE, SIGN};

const APP_ROLE: &str = "/v1/auth/approle/login";
const RENEW: &str = "/v1/auth/token/renew-self";
const LOOKUP: &str = "/v1/auth/token/lookup-self";

struct Daemon {
    server: MockServer,
    clock: ManualClock,
    vault: Vault,
}

impl Daemon {
    async fn new(login: Box<dyn LoginMethod>) -> Self {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .and(path(SIGN))
            .respond_with(Authority::new().responder())
            .mount(&server)
            .await;
        server::answer(&server, REVOKE, 0, ResponseTemplate::new(204)).await;
        let clock = ManualClock::new(server::noon());
        let settings = vault_pki::VaultSettings {
            max_retries: 0,
            ..server::settings(&server)
        };
        let vault = Vault::new(settings, login, Arc::new(clock.clone())).unwrap();
        Self {
            server,
            clock,
            vault,
        }
    }

    async fn answers(&self, at: &str, times: u64, answer: ResponseTemplate) {
        server::answer(&self.server, at, times, answer).await;
    }

    async fn sign(&self) -> Result<(), vault_pki::Error> {
        self.vault.sign(&server::app(), server::noon()).await?;
        Ok(())
    }

    /// Lets the time pass until so many requests were made; says how much did.
    async fn until(&self, requests: usize) -> u64 {
        let start = self.clock.now();
        while server::asked(&self.server).await.len() < requests {
            self.clock.advance(Duration::from_secs(5));
            // The answer has to come over the network.
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        // What came of it has to be noted.
        tokio::time::sleep(Duration::from_millis(30)).await;
        self.clock.now().duration_since(start).unwrap().as_secs()
    }

    /// Lets so many seconds pass.
    async fn pass(&self, seconds: u64) {
        for _ in 0..seconds / 5 {
            self.clock.advance(Duration::from_secs(5));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn asked(&self) -> Vec<String> {
        server::asked(&self.server).await
    }

    /// Does `work` beside `keep_alive`.
    async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            never = self.vault.keep_alive() => match never {},
            done = work => done,
        }
    }
}

/// The answer to a renewal: good for so many seconds from now on.
fn renewed(seconds: u64) -> ResponseTemplate {
    let auth = json!({"client_token": "s.1", "lease_duration": seconds, "renewable": true});
    ResponseTemplate::new(200).set_body_json(json!({"auth": auth}))
}

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

/// Time passes while Vault answers a login: that is no clock that was set back.
#[tokio::test]
async fn a_token_is_not_renewed_the_moment_it_is_there() {
    let daemon = Daemon::new(Box::new(server::app_role())).await;
    let slow = server::logged_in("s.1").set_delay(Duration::from_millis(200));
    daemon.answers(APP_ROLE, 0, slow).await;
    daemon.answers(RENEW, 0, renewed(1200)).await;
    let wait = |milliseconds| tokio::time::sleep(Duration::from_millis(milliseconds));
    let keep = async {
        wait(20).await;
        daemon.vault.keep_alive().await
    };
    let work = async {
        daemon.sign().await.unwrap();
        wait(50).await;
    };
    let second = async {
        wait(100).await;
        daemon.clock.advance(Duration::from_secs(1));
        std::future::pending::<()>().await;
    };
    tokio::select! {
        never = keep => match never {},
        () = second => {}
        () = work => {}
    }
    assert_eq!(daemon.asked().await, [APP_ROLE, SIGN]);
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
async fn a_login_that_can_be_had_later_waits_for_the_next_certificate() {
    let daemon = Daemon::new(server::kubernetes()).await;
    daemon.answers(LOGIN, 0, server::logged_in("s.1")).await;
    daemon.answers(RENEW, 0, renewed(400)).await;
    let work = async {
        daemon.sign().await.unwrap();
        daemon.until(3).await;
        daemon.pass(380).await;
        assert_eq!(daemon.asked().await, [LOGIN, SIGN, RENEW]);
        // Still good, but not for a new certificate.
        daemon.sign().await.unwrap();
    };
    daemon.beside(work).await;
    assert_eq!(daemon.asked().await, [LOGIN, SIGN, RENEW, LOGIN, SIGN]);
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
        daemon.until(7).await;
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
    Mock::given(method("GET"))
        .and(path(LOOKUP))
        .respond_with(server::recording("089-lookup-self"))
        .mount(&daemon.server)
        .await;
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

#[tokio::test]
async fn a_certificate_on_a_lease_lives_as_long_as_its_token_is_renewed() {
    let daemon = Daemon::new(server::kubernetes()).await;
    daemon.answers(LOGIN, 0, server::logged_in("s.1")).await;
    daemon
        .answers(server::ISSUE, 0, server::recording("146-issue-with-lease"))
        .await;
    daemon.answers(RENEW, 0, renewed(1200)).await;
    assert_eq!(daemon.vault.lease_end().await, None);
    let work = async {
        let recorded_at = std::time::UNIX_EPOCH + Duration::from_secs(1_795_237_600);
        let issued = daemon
            .vault
            .issue(&server::app(), recorded_at)
            .await
            .unwrap();
        assert!(issued.lease.is_some());
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
    assert_eq!(daemon.asked().await, [LOGIN, server::ISSUE, RENEW]);
}
