//! Somebody wants another value before it is due.

use super::concurrent::settle;
use super::driven::{drive, pass};
use super::*;

#[tokio::test]
async fn a_driver_obtains_another_one_at_once() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY], Duration::ZERO));
    let _driver = drive(&kept).await;
    for number in 2..=4 {
        kept.refresh_now();
        settle().await;
        assert_eq!(asked(&kept), number);
    }
    pass(&clock, 60).await;
    assert_eq!(asked(&kept), 4, "no more often than it was asked for");
}

#[tokio::test]
async fn without_a_driver_the_next_caller_does() {
    let clock = ManualClock::new(at(0));
    let kept = kept(&clock, &[HOURLY], Duration::ZERO);
    kept.get().await.unwrap();
    kept.refresh_now();
    assert_eq!(asked(&kept), 1);
    assert_eq!(kept.get().await.unwrap().number, 2);
    assert_eq!(kept.get().await.unwrap().number, 2);
}

#[tokio::test]
async fn asked_for_during_a_flight_another_one_follows() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY], seconds(1)));
    let _driver = drive(&kept).await;
    assert_eq!(asked(&kept), 1, "under way");
    assert!(kept.status().is_obtaining);
    kept.refresh_now();
    kept.refresh_now();
    pass(&clock, 5).await;
    assert_eq!(asked(&kept), 2);
    assert!(!kept.status().is_obtaining);
}

#[tokio::test]
async fn a_failure_is_waited_out_and_asking_again_ends_the_wait() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY, FAIL], Duration::ZERO));
    let _driver = drive(&kept).await;
    kept.refresh_now();
    settle().await;
    assert_eq!((asked(&kept), kept.status().misses), (2, 1));
    let retry_at = kept.status().retry_at.unwrap();
    assert!(retry_at > at(0), "a pause");

    kept.refresh_now();
    settle().await;
    assert_eq!((asked(&kept), kept.status().misses), (3, 2));

    *kept.source.lines.lock().unwrap() = VecDeque::from([HOURLY]);
    pass(&clock, 10).await;
    assert_eq!(kept.status().misses, 0, "still wanted, though fresh");
    assert_eq!(kept.status().retry_at, None);
    assert_eq!(asked(&kept), 4);
}

#[tokio::test]
async fn what_arrives_expired_is_not_what_was_asked_for() {
    let clock = ManualClock::new(at(0));
    let lines = [HOURLY, Does::BringOld(0, 10), HOURLY];
    let kept = kept(&clock, &lines, Duration::ZERO);
    kept.get().await.unwrap();
    clock.set(at(20));
    kept.refresh_now();
    assert_eq!(kept.get().await.unwrap().number, 1, "the last good one");
    assert_eq!((asked(&kept), kept.status().misses), (2, 1));
    assert_eq!(kept.status().due, Some(Due::Due), "still wanted");
    clock.set(kept.status().retry_at.unwrap());
    assert_eq!(kept.get().await.unwrap().number, 3);
    assert_eq!(kept.get().await.unwrap().number, 3, "wanted no more");
}
