//! Many callers at once.

use tokio::task::{JoinSet, yield_now};

use super::*;

/// Starts `count` callers and lets each come as far as it can.
pub(super) async fn callers(
    kept: &Arc<Kept<Script>>,
    count: usize,
) -> JoinSet<Result<u64, String>> {
    let mut callers = JoinSet::new();
    for _ in 0..count {
        let kept = Arc::clone(kept);
        callers.spawn(async move { number(&kept).await });
    }
    settle().await;
    callers
}

/// On one thread, every task has come to its next wait after a few turns.
pub(super) async fn settle() {
    for _ in 0..50 {
        yield_now().await;
    }
}

pub(super) async fn all(callers: JoinSet<Result<u64, String>>) -> Vec<Result<u64, String>> {
    callers.join_all().await
}

#[tokio::test]
async fn twenty_callers_without_a_value_wait_for_one_flight() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY], seconds(1)));
    let mut twenty = callers(&kept, 20).await;
    assert!(twenty.try_join_next().is_none(), "somebody got nothing");
    clock.advance(seconds(1));
    assert_eq!(all(twenty).await, vec![Ok(1); 20]);
    assert_eq!(asked(&kept), 1);
}

#[tokio::test]
async fn while_one_replaces_a_due_value_the_others_go_on_with_it() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY], Duration::from_millis(1)));
    let first = callers(&kept, 1).await;
    clock.advance(seconds(1));
    assert_eq!(all(first).await, [Ok(1)]);

    clock.set(at(3000));
    let mut twenty = callers(&kept, 20).await;
    for _ in 0..19 {
        assert_eq!(twenty.try_join_next().unwrap().unwrap(), Ok(1));
    }
    assert!(twenty.try_join_next().is_none(), "nobody flies");
    clock.advance(seconds(1));
    assert_eq!(all(twenty).await, [Ok(2)]);
    assert_eq!(asked(&kept), 2);
}

#[tokio::test]
async fn a_thousand_callers_in_an_outage_are_one_request() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[FAIL], seconds(2)));
    let thousand = callers(&kept, 1000).await;
    clock.advance(seconds(2));
    let answers = all(thousand).await;
    assert_eq!(answers, vec![Err("throttled".to_owned()); 1000]);
    assert_eq!(asked(&kept), 1);
}

#[tokio::test]
async fn a_value_that_expires_during_its_flight_is_not_served_afterwards() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY, FAIL], seconds(1)));
    let first = callers(&kept, 1).await;
    clock.advance(seconds(1));
    assert_eq!(all(first).await, [Ok(1)]);

    clock.set(at(3600));
    let pilot = callers(&kept, 1).await;
    clock.set(at(3601));
    assert_eq!(all(pilot).await, [Err("throttled".to_owned())]);
}
