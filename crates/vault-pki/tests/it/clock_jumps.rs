//! A clock that is set while a token is kept alive.

use crate::daemon::{APP_ROLE, Daemon, RENEW, renewed};
use crate::server::{self, SIGN};

/// A daemon whose token may be renewed without end, and whose login cannot be
/// had again.
async fn daemon() -> Daemon {
    let daemon = Daemon::new(Box::new(server::app_role())).await;
    daemon.answers(APP_ROLE, 1, server::logged_in("s.1")).await;
    let spent = server::recording("085-approle-login-bad-secret");
    daemon.answers(APP_ROLE, 0, spent).await;
    daemon
}

fn count(asked: &[String], path: &str) -> usize {
    asked.iter().filter(|asked| *asked == path).count()
}

#[tokio::test]
async fn set_back_it_makes_no_renewal_the_last() {
    let daemon = daemon().await;
    daemon.answers(RENEW, 0, renewed(1200)).await;
    let work = async {
        daemon.sign().await.unwrap();
        daemon.pass(60).await;
        daemon.jump(-300).await;
        daemon.pass(6000).await;
        daemon.sign().await.unwrap();
    };
    daemon.beside(work).await;
    let asked = daemon.asked().await;
    assert_eq!(count(&asked, APP_ROLE), 1, "{asked:?}");
    assert!(count(&asked, RENEW) >= 6, "{asked:?}");
}

#[tokio::test]
async fn set_beyond_the_end_and_right_again_it_loses_no_token() {
    let daemon = daemon().await;
    daemon.answers(RENEW, 0, renewed(1200)).await;
    let work = async {
        daemon.sign().await.unwrap();
        daemon.pass(60).await;
        daemon.jump(7200).await;
        daemon.pass(60).await;
        daemon.jump(-7200).await;
        daemon.pass(3000).await;
        daemon.sign().await.unwrap();
    };
    daemon.beside(work).await;
    let asked = daemon.asked().await;
    assert_eq!(count(&asked, APP_ROLE), 1, "{asked:?}");
    assert!(count(&asked, RENEW) >= 3, "{asked:?}");
}

#[tokio::test]
async fn set_back_it_ends_a_pause() {
    let daemon = daemon().await;
    let throttled = server::errors(429, "quota").insert_header("retry-after", "20");
    daemon.answers(RENEW, 1, throttled).await;
    daemon.answers(RENEW, 0, renewed(1200)).await;
    let work = async {
        daemon.sign().await.unwrap();
        daemon.until(3).await;
        daemon.jump(-86_400).await;
        let seconds = daemon.until(4).await;
        assert!(seconds <= 60, "{seconds}");
        daemon.pass(3600).await;
        daemon.sign().await.unwrap();
    };
    daemon.beside(work).await;
    let asked = daemon.asked().await;
    assert_eq!(asked[..2], [APP_ROLE, SIGN]);
    assert_eq!(count(&asked, APP_ROLE), 1, "{asked:?}");
}

/// Whatever Vault asks for, the token is not given up for it.
#[tokio::test]
async fn a_day_that_vault_asks_for_loses_no_token() {
    for asked_for in ["86400", "18446744073709551615"] {
        let daemon = daemon().await;
        let throttled = server::errors(429, "quota").insert_header("retry-after", asked_for);
        daemon.answers(RENEW, 1, throttled).await;
        daemon.answers(RENEW, 0, renewed(1200)).await;
        let work = async {
            daemon.sign().await.unwrap();
            daemon.until(3).await;
            let seconds = daemon.until(4).await;
            assert!((100..=250).contains(&seconds), "{seconds}");
            daemon.pass(1500).await;
            daemon.sign().await.unwrap();
        };
        daemon.beside(work).await;
        let asked = daemon.asked().await;
        assert_eq!(count(&asked, APP_ROLE), 1, "{asked:?}");
    }
}
