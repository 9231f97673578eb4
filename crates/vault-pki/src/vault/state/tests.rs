use std::time::UNIX_EPOCH;

use refresh::Lifetime;

use super::*;
use crate::Token;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn token(text: &str) -> Token {
    Token::new(&text.into()).unwrap()
}

fn session(text: &str, start: u64, end: u64) -> Session {
    Session {
        is_ours: true,
        is_renewable: true,
        lifetime: Some(Lifetime::new(at(start), at(end))),
        ..Session::foreign(token(text))
    }
}

fn foreign(text: &str) -> Arc<Session> {
    Arc::new(Session::foreign(token(text)))
}

#[test]
fn a_renewal_that_gains_nothing_is_the_last() {
    for (start, end, extended) in [
        (800, 2000, true),
        (800, 1210, true),
        (800, 1205, false),
        (800, 1200, false),
        (800, 1100, false),
    ] {
        let new = session("s.1", start, end);
        let old = session("s.1", 0, 1200);
        assert_eq!(is_extended(&old, &new), extended, "{end}");
    }
    // A period of ten seconds.
    let old = session("s.1", 0, 10);
    assert!(is_extended(&old, &session("s.1", 3, 13)));
    assert!(!is_extended(&old, &session("s.1", 7, 10)));
}

#[test]
fn a_clock_set_back_makes_no_renewal_the_last() {
    let old = session("s.1", 1000, 2200);
    assert!(is_extended(&old, &session("s.1", 700, 1900)));
}

#[test]
fn a_lease_lives_as_long_as_the_token_that_it_hangs_on() {
    let mut state = State::default();
    let first = state.install(Arc::new(session("s.1", 0, 100)));
    assert_eq!(state.lease_end(), None);
    state.certified(&first, true, at(0));
    assert_eq!(state.lease_end(), Some(at(100)));
    state.renewed(&first, session("s.1", 50, 150));
    assert_eq!(state.lease_end(), Some(at(150)));
    let second = state.install(Arc::new(session("s.2", 120, 220)));
    assert_eq!(state.lease_end(), Some(at(150)), "the former token's");
    assert!(state.is_lease_ending(UNIX_EPOCH), "nobody renews it");
    assert!(!state.holds_lease());
    state.certified(&second, true, at(120));
    assert_eq!(state.lease_end(), Some(at(220)));
    state.lost(&second, at(0));
    assert_eq!(state.lease_end(), Some(at(0)), "revoked with the token");
    state.certified(&second, false, at(120));
    assert_eq!(state.lease_end(), None);
}

/// Else the watch would obtain certificates without end.
#[test]
fn no_token_has_its_certificate_replaced_twice() {
    for held in [
        Arc::new(session("s.1", 0, 100)),
        Arc::new(Session {
            is_ours: false,
            ..session("s.1", 0, 100)
        }),
    ] {
        let mut state = State::default();
        state.install(Arc::clone(&held));
        state.certified(&held, true, at(0));
        state.cannot_renew(&held);
        state.cannot_replace(&held, at(70));
        assert!(!state.is_lease_ending(at(99)), "none would do better");
        assert!(state.is_lease_ending(at(100)), "it has ended");
        state.certified(&held, true, at(100));
        assert!(!state.is_lease_ending(at(101)));
        let other = state.install(Arc::new(session("s.2", 101, 201)));
        assert!(state.is_lease_ending(at(101)));
        state.certified(&other, true, at(101));
        assert!(!state.is_lease_ending(at(200)));
    }
}

#[test]
fn what_hangs_on_a_token_is_not_forgotten_for_a_later_certificate() {
    let mut state = State::default();
    let held = state.install(Arc::new(session("s.1", 0, 100)));
    state.certified(&held, true, at(0));
    state.certified(&held, false, at(1));
    assert!(state.holds_lease());
    state.install(Arc::new(session("s.1", 2, 102)));
    assert!(state.holds_lease(), "the same token");
    state.install(Arc::new(session("s.2", 2, 102)));
    assert!(!state.holds_lease());
}

#[test]
fn a_certificate_hangs_on_the_token_that_it_was_obtained_with() {
    let mut state = State::default();
    let used = state.install(Arc::new(session("s.1", 0, 100)));
    state.install(Arc::new(session("s.2", 50, 150)));
    state.certified(&used, true, at(60));
    assert_eq!(state.lease_end(), Some(at(100)));
    assert!(!state.holds_lease());
}

#[test]
fn what_is_known_of_a_token_counts_though_it_was_renewed_meanwhile() {
    let mut state = State::default();
    let used = state.install(Arc::new(session("s.1", 0, 100)));
    state.renewed(&used, session("s.1", 50, 150));
    state.certified(&used, true, at(60));
    assert_eq!(state.lease_end(), Some(at(150)));
    assert!(state.holds_lease());
}

#[test]
fn the_last_use_is_not_spent_on_a_renewal() {
    let mut state = State::default();
    let held = state.install(Arc::new(Session {
        num_uses: Some(2),
        ..session("s.1", 0, 100)
    }));
    let can_renew = |state: &State| state.life(true, UNIX_EPOCH).unwrap().can_renew;
    assert!(can_renew(&state));
    state.spend(&foreign("s.other"));
    assert!(can_renew(&state), "not this one's");
    state.spend(&held);
    assert!(!can_renew(&state));
    assert!(state.usable(UNIX_EPOCH).is_some());
    state.spend(&held);
    assert!(state.usable(UNIX_EPOCH).is_none());
    assert!(state.give_back().is_none(), "it is used up");
}

#[test]
fn a_token_of_somebody_else_is_not_looked_up_before_it_has_served() {
    let mut state = State::default();
    let held = state.install(foreign("s.t"));
    assert!(state.life(true, at(0)).is_none());
    state.certified(&held, false, at(0));
    assert!(state.life(true, at(0)).unwrap().is_unknown);
    let known = Session {
        is_ours: false,
        ..session("s.t", 0, 100)
    };
    state.looked_up(&held, Some(known));
    let known = state.install(foreign("s.t"));
    assert!(known.lifetime.is_some(), "the same token");
    state.install(foreign("s.rotated"));
    assert!(state.life(true, at(0)).is_none(), "another token");
}

#[test]
fn a_refused_login_is_asked_for_again_an_hour_later() {
    let mut state = State::default();
    let held = state.install(Arc::new(session("s.1", 0, 100_000)));
    let can_replace = |state: &State, now| state.life(false, now).unwrap().can_replace;
    assert!(can_replace(&state, at(0)));
    state.cannot_replace(&held, at(10));
    assert!(!can_replace(&state, at(3609)));
    assert!(can_replace(&state, at(3610)));
}

#[test]
fn a_login_that_can_be_repeated_is_had_early_for_a_lease_only() {
    let mut state = State::default();
    let held = state.install(Arc::new(session("s.1", 0, 100)));
    assert!(!state.life(true, at(70)).unwrap().can_replace);
    state.certified(&held, true, at(0));
    assert!(state.life(true, at(70)).unwrap().can_replace);
}

#[test]
fn a_token_is_dispensable_when_nobody_else_uses_it() {
    let mut state = State::default();
    let session = state.install(Arc::new(session("s.1", 0, 100)));
    assert!(!state.is_busy());
    let held = state.hold(at(0)).unwrap();
    assert!(state.is_dispensable(&session) && state.is_busy());
    let other = state.hold(at(0)).unwrap();
    assert!(!state.is_dispensable(&session));
    drop(other);
    assert!(state.is_dispensable(&held.session));
    state.certified(&session, true, at(0));
    assert!(!state.is_dispensable(&session));
}
