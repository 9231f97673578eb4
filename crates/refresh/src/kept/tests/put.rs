//! Values that come another way.

use super::*;

fn session(number: u64, from: u64, until: u64) -> Session {
    Session {
        number,
        lifetime: Lifetime::new(at(from), at(until)),
    }
}

#[tokio::test]
async fn what_is_put_there_is_as_good_as_what_was_obtained() {
    let clock = ManualClock::new(at(0));
    let kept = kept(
        &clock,
        &[Does::Fail(None), Does::Bring(HOUR)],
        Duration::ZERO,
    );
    kept.get().await.unwrap_err();
    assert!(kept.put(session(7, 0, HOUR)));
    // The pause after the failure is over with it, and so is the error.
    assert_eq!(kept.get().await.unwrap().number, 7);
    assert!(kept.status().last_error.is_none());
    clock.set(at(HOUR - 60));
    assert_eq!((kept.get().await.unwrap().number, asked(&kept)), (2, 2));
}

#[tokio::test]
async fn what_ends_no_later_or_is_due_is_not_taken() {
    let clock = ManualClock::new(at(0));
    let kept = kept(&clock, &[Does::Bring(HOUR)], Duration::ZERO);
    kept.get().await.unwrap();
    assert!(!kept.put(session(7, 0, HOUR)));
    assert!(!kept.put(session(7, 0, HOUR - 1)));
    // Nearly over, though it ends later.
    clock.set(at(HOUR));
    assert!(!kept.put(session(7, 0, HOUR + 1)));
    assert_eq!(kept.status().lifetime, Some(session(1, 0, HOUR).lifetime));
    clock.set(at(60));
    assert!(kept.put(session(7, 60, HOUR + 60)));
    assert_eq!(kept.get().await.unwrap().number, 7);
}
