//! Days of life in a moment, with a source and a clock that misbehave.

use proptest::prelude::*;

use super::*;

/// One step of the simulation: how the clock moves before the call, and what
/// the source does if it is asked.
#[derive(Clone, Debug)]
struct Step {
    moves: i64,
    does: Does,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let moves = prop_oneof![
        8 => 0..5_i64,
        8 => 5..600_i64,
        2 => 3600..90_000_i64,
        1 => -90_000..0_i64,
    ];
    let does = prop_oneof![
        4 => Just(HOURLY),
        2 => (0..100_u64).prop_map(Does::Bring),
        4 => Just(FAIL),
        1 => (0..1000_u64).prop_map(|asked| Does::Fail(Some(seconds(asked)))),
    ];
    let step = (moves, does).prop_map(|(moves, does)| Step { moves, does });
    prop::collection::vec(step, 1..200)
}

fn moved(now: SystemTime, by: i64) -> SystemTime {
    if by < 0 {
        now - seconds(by.unsigned_abs())
    } else {
        now + seconds(by.unsigned_abs())
    }
}

proptest! {
    #[test]
    fn nothing_expired_is_served_and_nobody_is_hammered(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(simulate(&steps))?;
    }
}

async fn simulate(steps: &[Step]) -> Result<(), TestCaseError> {
    let clock = ManualClock::new(at(10_000_000));
    let kept = kept(&clock, &[FAIL], Duration::ZERO);
    let mut last_asked = None;
    for step in steps {
        clock.set(moved(clock.now(), step.moves));
        *kept.source.lines.lock().unwrap() = VecDeque::from([step.does]);
        let (now, before) = (clock.now(), asked(&kept));
        let found = kept.get().await;

        if let Ok(session) = &found {
            prop_assert!(
                now < session.lifetime.end(),
                "expired: {session:?} at {now:?}"
            );
        }
        let times = asked(&kept) - before;
        prop_assert!(times <= 1, "asked {times} times in one call");
        if times == 1 {
            if let (Some(earlier), Err(_)) = (last_asked, &found) {
                let quiet = now < earlier || now >= earlier + seconds(1);
                prop_assert!(quiet, "asked at {earlier:?} and {now:?}");
            }
            last_asked = Some(now);
        }
    }
    Ok(())
}

/// Asks every second for two days, of which the source is away the second one:
/// the number of requests is that of the schedule and of the backoff.
#[tokio::test]
async fn a_day_of_health_and_an_outage_cost_few_requests() {
    let clock = ManualClock::new(at(0));
    let kept = kept(&clock, &[HOURLY], Duration::ZERO);
    for second in 0..24 * HOUR {
        clock.set(at(second));
        kept.get().await.unwrap();
    }
    // Each of them lasts for 37 to 40 minutes.
    let healthy = asked(&kept);
    assert!((36..=39).contains(&healthy), "{healthy}");

    *kept.source.lines.lock().unwrap() = VecDeque::from([FAIL]);
    let mut served = 0;
    for second in 24 * HOUR..48 * HOUR {
        clock.set(at(second));
        served += u64::from(kept.get().await.is_ok());
    }
    assert!((20 * 60..=HOUR).contains(&served), "{served} s survived");
    // Full jitter between nothing and 10 s, a second at the least: 5 s on average.
    let away = asked(&kept) - healthy;
    assert!((24 * HOUR / 10..24 * HOUR / 3).contains(&away), "{away}");
}
