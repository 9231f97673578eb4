//! What a look from outside shows.

use super::*;

#[tokio::test]
async fn the_status_tells_value_misses_and_error() {
    let clock = ManualClock::new(at(0));
    let kept = kept(&clock, &[HOURLY, FAIL, FAIL, HOURLY], Duration::ZERO);
    let life = Lifetime::new(at(0), at(HOUR));
    let later = Lifetime::new(at(4000), at(4000 + HOUR));
    let steps: [(u64, Option<Lifetime>, &str, u32, bool); 6] = [
        (0, Some(life), "fresh", 0, false),
        (2500, Some(life), "due", 1, true),
        (2500, Some(life), "due", 1, true),
        (3599, Some(life), "due", 2, true),
        (4000, Some(later), "fresh", 0, false),
        (3000, Some(later), "not yet valid", 0, false),
    ];
    assert!(kept.status().due.is_none() && kept.status().lifetime.is_none());
    for (second, lifetime, due, misses, failed) in steps {
        clock.set(at(second));
        // The last step only looks.
        if due != "not yet valid" {
            kept.get().await.unwrap();
        }
        let status = kept.status();
        assert_eq!(status.lifetime, lifetime, "at {second}");
        let found = match status.due.unwrap() {
            Due::Fresh { .. } => "fresh",
            Due::Due => "due",
            Due::Expired => "expired",
            Due::NotYetValid => "not yet valid",
        };
        assert_eq!((found, status.misses), (due, misses), "at {second}");
        assert_eq!(status.last_error.is_some(), failed, "at {second}");
    }
}

#[tokio::test]
async fn the_status_asks_the_source_for_nothing() {
    let clock = ManualClock::new(at(0));
    let kept = kept(&clock, &[HOURLY], Duration::ZERO);
    kept.get().await.unwrap();
    clock.set(at(HOUR));
    assert_eq!(kept.status().due, Some(Due::Expired));
    assert_eq!(asked(&kept), 1);
}
