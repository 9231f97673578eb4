use destination::{Destination, HttpClient};
use k8s_sinks::kubernetes::NoAuthorization;
use pod_identity::BoundPod;
use refresh::ManualClock;

use super::*;

fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}

fn after(seconds: u64) -> SystemTime {
    start() + Duration::from_secs(seconds)
}

/// One whose cluster nobody asks.
fn verifier(clock: &ManualClock, method: Method) -> Verifier {
    let http = HttpClient::new(Destination::default()).unwrap();
    let base = "https://cluster.invalid".parse().unwrap();
    let cluster = Cluster::new(http, base, Arc::new(NoAuthorization));
    Verifier::new(cluster, "aws".to_owned(), method, Arc::new(clock.clone()))
}

fn proven(text: &str) -> Arc<Proven> {
    Arc::new(Proven {
        fingerprint: Fingerprint::of(text),
        token: PodToken {
            account: "shop/web".parse().unwrap(),
            pod: Some(BoundPod {
                name: "web-0".to_owned(),
                uid: "1".to_owned(),
            }),
            audiences: vec!["aws".to_owned()],
            issuer: String::new(),
            issued_at: after(0),
            expires_at: after(7200),
        },
    })
}

const REVIEWED: Method = Method::TokenReview {
    believed_for: Duration::from_secs(60),
};

/// Whether a verdict is good, and whether it is believed where nobody can be
/// asked.
fn standing(verifier: &Verifier, token: &Arc<Proven>) -> (bool, bool) {
    let fingerprint = token.fingerprint;
    let good = verifier.known(fingerprint).is_some_and(|it| it.is_ok());
    (good, verifier.believed(fingerprint).is_some())
}

#[test]
fn a_verdict_lasts_as_long_as_is_said_and_no_clock_makes_it_longer() {
    let by_keys = Method::Keys {
        most_age: Duration::from_secs(100),
    };
    for (method, seconds, expected) in [
        (REVIEWED, 59, (true, true)),
        (REVIEWED, 60, (false, true)),
        (REVIEWED, 3599, (false, true)),
        (REVIEWED, 3600, (false, false)),
        (by_keys, 99, (true, true)),
        (by_keys, 100, (false, false)),
    ] {
        let clock = ManualClock::new(start());
        let verifier = verifier(&clock, method);
        let token = proven("a");
        verifier.remember(token.fingerprint, Ok(Arc::clone(&token)));
        clock.set(after(seconds));
        assert_eq!(
            standing(&verifier, &token),
            expected,
            "{method:?} {seconds}"
        );
        clock.set(start() - Duration::from_secs(3600));
        assert_eq!(standing(&verifier, &token), (false, false), "set back");
    }
}

#[test]
fn who_is_refused_is_not_believed_any_more() {
    let clock = ManualClock::new(start());
    let verifier = verifier(&clock, REVIEWED);
    let token = proven("a");
    verifier.remember(token.fingerprint, Ok(Arc::clone(&token)));
    let gone = TokenFault::NotGenuine {
        reason: "its pod is gone".to_owned(),
    };
    verifier.remember(token.fingerprint, Err(gone.clone()));
    // Nor does an outage after that bring it back.
    verifier.postpone(token.fingerprint);
    assert_eq!(standing(&verifier, &token), (false, false));
    assert_eq!(
        verifier.known(token.fingerprint).map(Result::err),
        Some(Some(gone))
    );
    clock.set(after(10));
    assert!(verifier.known(token.fingerprint).is_none(), "asked again");
}

#[test]
fn an_outage_puts_off_the_next_review_and_not_the_end() {
    let clock = ManualClock::new(start());
    let verifier = verifier(&clock, REVIEWED);
    let token = proven("a");
    verifier.remember(token.fingerprint, Ok(Arc::clone(&token)));
    clock.set(after(3595));
    verifier.postpone(token.fingerprint);
    assert_eq!(standing(&verifier, &token), (true, true));
    clock.set(after(3600));
    assert_eq!(standing(&verifier, &token), (false, false));
}

#[test]
fn the_table_is_bounded_and_the_refused_go_first() {
    let clock = ManualClock::new(start());
    let verifier = verifier(&clock, REVIEWED);
    let token = proven("a");
    verifier.remember(token.fingerprint, Ok(Arc::clone(&token)));
    for number in 0..MOST_VERDICTS + 10 {
        let fingerprint = Fingerprint::of(&number.to_string());
        verifier.remember(fingerprint, Err(TokenFault::NoServiceAccount));
    }
    assert!(verifier.verdicts().len() <= MOST_VERDICTS);
    assert_eq!(standing(&verifier, &token), (true, true));
}
