//! Callers that give up before the source can answer.

use super::concurrent::{callers, settle};
use super::*;

/// One caller a second, each of which gives up after one second; counts those
/// that got a value.
async fn call_and_give_up(
    kept: &Arc<Kept<Script>>,
    clock: &ManualClock,
    seconds_of_life: std::ops::Range<u64>,
) -> usize {
    let mut served = 0;
    for second in seconds_of_life {
        clock.set(at(second));
        let mut caller = callers(kept, 1).await;
        clock.advance(Duration::from_millis(999));
        settle().await;
        served += usize::from(matches!(caller.try_join_next(), Some(Ok(Ok(_)))));
        caller.shutdown().await;
    }
    served
}

#[tokio::test]
async fn a_thousand_impatient_callers_are_few_requests() {
    let clock = ManualClock::new(at(2400));
    let lifetime = Lifetime::new(at(0), at(HOUR));
    let earlier = Session {
        number: 0,
        lifetime,
    };
    let kept = kept(&clock, &[HOURLY], Duration::from_millis(1500)).starting_with(earlier);
    let kept = Arc::new(kept);
    let served = call_and_give_up(&kept, &clock, 2400..HOUR).await;
    let while_good = asked(&kept);
    assert!((1..=40).contains(&while_good), "{while_good}");
    // But for those who flew, everybody was served.
    assert!(served as u64 + while_good >= 1200, "{served}");

    call_and_give_up(&kept, &clock, HOUR..2 * HOUR).await;
    let without = asked(&kept) - while_good;
    assert!((1..=1500).contains(&without), "{without}");
}

#[tokio::test]
async fn callers_that_give_up_together_are_one_request() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY], seconds(2)));
    let mut thousand = callers(&kept, 1000).await;
    clock.advance(seconds(1));
    settle().await;
    thousand.shutdown().await;
    assert_eq!(asked(&kept), 1);
}

#[tokio::test]
async fn giving_up_while_waiting_for_ones_turn_costs_nobody_anything() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY], seconds(2)));
    let pilot = callers(&kept, 1).await;
    let mut passengers = callers(&kept, 5).await;
    passengers.shutdown().await;
    assert_eq!(kept.status().misses, 0);
    clock.advance(seconds(2));
    assert_eq!(pilot.join_all().await, [Ok(1)]);
}

#[tokio::test]
async fn a_single_dropped_caller_costs_the_others_a_second() {
    let clock = ManualClock::new(at(0));
    let kept = Arc::new(kept(&clock, &[HOURLY], seconds(1)));
    let mut pilot = callers(&kept, 1).await;
    let passengers = callers(&kept, 5).await;
    pilot.shutdown().await;
    settle().await;
    assert_eq!((asked(&kept), kept.status().misses), (1, 1));
    clock.advance(seconds(1));
    settle().await;
    assert_eq!(asked(&kept), 2, "nobody took over");
    clock.advance(seconds(1));
    assert_eq!(passengers.join_all().await, vec![Ok(2); 5]);
    assert_eq!((asked(&kept), kept.status().misses), (2, 0));
}
