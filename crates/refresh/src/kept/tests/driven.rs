//! A driver that is awaited beside the callers.

use std::convert::Infallible;

use tokio::task::JoinHandle;

use super::concurrent::{all, callers, settle};
use super::*;
use crate::Sleep;

pub(super) async fn drive(kept: &Arc<Kept<Script>>) -> JoinHandle<Infallible> {
    let kept = Arc::clone(kept);
    let driver = tokio::spawn(async move { kept.keep_fresh().await });
    settle().await;
    driver
}

/// Lets time pass in steps of half a second.
pub(super) async fn pass(clock: &ManualClock, seconds: u64) {
    for _ in 0..2 * seconds {
        clock.advance(Duration::from_millis(500));
        settle().await;
    }
}

#[tokio::test]
async fn callers_wait_for_nothing_while_a_slow_source_is_asked() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY], Duration::from_millis(1500)));
    let _driver = drive(&kept).await;
    pass(&clock, 2).await;
    for second in 2..2 * HOUR {
        let mut caller = callers(&kept, 1).await;
        let answer = caller.try_join_next();
        assert!(matches!(answer, Some(Ok(Ok(_)))), "{second}: {answer:?}");
        pass(&clock, 1).await;
    }
    // Each of them lasts for 37 to 40 minutes.
    assert!((3..=4).contains(&asked(&kept)), "{}", asked(&kept));
}

#[tokio::test]
async fn nobody_has_to_ask_for_the_value_to_be_replaced() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY], Duration::ZERO));
    let _driver = drive(&kept).await;
    assert_eq!(asked(&kept), 1);
    clock.set(at(2000));
    settle().await;
    assert_eq!(asked(&kept), 1, "not due yet");
    clock.set(at(2500));
    settle().await;
    assert_eq!(asked(&kept), 2);
    assert_eq!(number(&kept).await, Ok(2));
}

#[tokio::test]
async fn callers_without_a_value_wait_for_the_drivers_flight() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY], seconds(1)));
    let _driver = drive(&kept).await;
    let mut twenty = callers(&kept, 20).await;
    assert!(twenty.try_join_next().is_none(), "somebody got nothing");
    pass(&clock, 1).await;
    assert_eq!(all(twenty).await, vec![Ok(1); 20]);
    assert_eq!(asked(&kept), 1);
}

#[tokio::test]
async fn in_an_outage_the_driver_backs_off_and_recovers_by_itself() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY, FAIL], Duration::ZERO));
    let _driver = drive(&kept).await;
    clock.set(at(2400));
    pass(&clock, 1199).await;
    assert_eq!(number(&kept).await, Ok(1), "the last good one");
    let while_good = asked(&kept);
    assert!((5..=40).contains(&while_good), "{while_good}");

    pass(&clock, 101).await;
    assert_eq!(number(&kept).await, Err("throttled".to_owned()));
    let without = asked(&kept) - while_good;
    assert!((10..=80).contains(&without), "{without}");

    *kept.source.lines.lock().unwrap() = VecDeque::from([HOURLY]);
    pass(&clock, 11).await;
    assert_eq!(kept.status().misses, 0, "nobody asked, and it is back");
    assert!(number(&kept).await.is_ok());
}

#[tokio::test]
async fn when_the_driver_goes_its_waiting_callers_fly_themselves() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY], Duration::from_millis(500)));
    let driver = drive(&kept).await;
    let waiting = callers(&kept, 5).await;
    assert_eq!(asked(&kept), 1);
    driver.abort();
    pass(&clock, 2).await;
    assert_eq!(all(waiting).await, vec![Ok(2); 5]);
    clock.set(at(3000));
    let flying = callers(&kept, 1).await;
    pass(&clock, 1).await;
    assert_eq!(all(flying).await, [Ok(3)], "nobody drives any more");
}

#[tokio::test]
async fn when_the_driver_goes_in_a_pause_nobody_waits_for_it() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY], Duration::from_millis(500)));
    callers(&kept, 1).await.shutdown().await;
    let driver = drive(&kept).await;
    let mut waiting = callers(&kept, 5).await;
    assert_eq!(asked(&kept), 1, "the pause after a dropped caller is kept");
    driver.abort();
    pass(&clock, 2).await;
    for _ in 0..5 {
        assert_eq!(waiting.try_join_next().map(Result::unwrap), Some(Ok(2)));
    }
}

#[tokio::test]
async fn a_driver_does_not_fly_beside_a_caller() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY], seconds(1)));
    let flying = callers(&kept, 1).await;
    let _driver = drive(&kept).await;
    pass(&clock, 2).await;
    assert_eq!(all(flying).await, [Ok(1)]);
    assert_eq!(asked(&kept), 1);
}

/// A machine that was suspended: the time is another, but no timer has ended.
#[derive(Debug)]
struct Asleep(ManualClock);

impl Clock for Asleep {
    fn now(&self) -> SystemTime {
        self.0.now()
    }
    fn sleep(&self, _: Duration) -> Sleep<'_> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_caller_wakes_a_driver_that_slept_too_long() {
    let clock = ManualClock::new(at(0));
    let mut kept = kept(&clock, &[HOURLY], Duration::ZERO);
    kept.clock = Arc::new(Asleep(clock.clone()));
    let kept = Arc::new(kept);
    let _driver = drive(&kept).await;
    for (second, answer, then) in [(3000, Ok(1), Ok(2)), (90_000, Ok(3), Ok(3))] {
        clock.set(at(second));
        let mut caller = callers(&kept, 1).await;
        let found = caller.try_join_next().map(Result::unwrap);
        assert_eq!(found, Some(answer), "at {second}");
        assert_eq!(number(&kept).await, then, "after {second}");
    }
}
