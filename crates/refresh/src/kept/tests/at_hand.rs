//! Looking without asking.

use super::*;

fn found(kept: &Kept<Script>) -> String {
    match kept.at_hand() {
        AtHand::Good(session) => format!("good {}", session.number),
        AtHand::Due(session) => format!("due {}", session.number),
        AtHand::Failed(error) => format!("failed: {error}"),
        AtHand::Nothing => "nothing".to_owned(),
    }
}

#[tokio::test]
async fn a_look_asks_nobody_and_says_what_get_would_do() {
    let clock = ManualClock::new(at(0));
    let lines = [Does::Bring(HOUR), Does::Fail(None), Does::Fail(None)];
    let kept = kept(&clock, &lines, Duration::ZERO);
    assert_eq!((found(&kept).as_str(), asked(&kept)), ("nothing", 0));
    kept.get().await.unwrap();
    assert_eq!(found(&kept), "good 1");
    clock.set(at(3000));
    assert_eq!((found(&kept).as_str(), asked(&kept)), ("due 1", 1));
    // Within the pause after a failure there is nothing to be done.
    kept.get().await.unwrap();
    assert_eq!((found(&kept).as_str(), asked(&kept)), ("good 1", 2));
    clock.set(at(HOUR));
    let _ = kept.get().await;
    assert_eq!(
        (found(&kept).as_str(), asked(&kept)),
        ("failed: throttled", 3)
    );
    clock.set(at(2 * HOUR));
    assert_eq!(found(&kept), "nothing");
}
