use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;

use super::*;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(10_000 + seconds)
}

/// A token of an hour.
fn hour(can_renew: bool, can_replace: bool) -> TokenLife {
    TokenLife {
        lifetime: Some(Lifetime::new(at(0), at(3600))),
        is_unknown: false,
        can_renew,
        can_replace,
    }
}

#[test]
fn renewed_at_two_thirds_then_replaced_then_left_to_its_end() {
    let unknown = TokenLife {
        lifetime: None,
        is_unknown: true,
        ..hour(true, false)
    };
    let eternal = TokenLife {
        lifetime: None,
        ..hour(true, true)
    };
    for (name, life, now, action) in [
        ("unknown", unknown, at(0), Action::LookUp),
        ("a root token", eternal, at(0), Action::Rest),
        ("fresh", hour(true, true), at(0), Action::Wait(at(2400))),
        (
            "almost due",
            hour(true, true),
            at(2399),
            Action::Wait(at(2400)),
        ),
        ("due", hour(true, true), at(2400), Action::Renew),
        ("late", hour(true, true), at(3599), Action::Renew),
        ("over", hour(true, true), at(3600), Action::Rest),
        (
            "the clock went back",
            hour(true, false),
            at(0) - Duration::from_secs(1),
            Action::Renew,
        ),
        (
            "no longer extended",
            hour(false, true),
            at(2399),
            Action::Wait(at(2400)),
        ),
        (
            "no longer extended, due",
            hour(false, true),
            at(2400),
            Action::Replace,
        ),
        (
            "no longer extended, over",
            hour(false, true),
            at(3600),
            Action::Rest,
        ),
        ("neither, fresh", hour(false, false), at(0), Action::Rest),
        ("neither, due", hour(false, false), at(2400), Action::Rest),
    ] {
        assert_eq!(life.next_action(now, 0.0), action, "{name}");
    }
}

proptest! {
    /// No storm, and no wait for the past, whatever the life, time and luck.
    #[test]
    fn nothing_is_done_before_a_third_of_the_life(
        seconds in 0_u64..100_000,
        now in 0_u64..200_000,
        random in 0.0..1.0,
        can_renew: bool,
        can_replace: bool,
    ) {
        let life = TokenLife {
            lifetime: Some(Lifetime::new(at(0), at(seconds))),
            ..hour(can_renew, can_replace)
        };
        match life.next_action(at(now), random) {
            Action::Wait(until) => prop_assert!(until > at(now)),
            Action::Renew => prop_assert!(can_renew && 3 * now + 3 >= seconds && now < seconds),
            Action::Replace => prop_assert!(can_replace && !can_renew && now < seconds),
            Action::LookUp => prop_assert!(false),
            Action::Rest => {
                prop_assert!(now >= seconds || !(can_renew || can_replace));
            }
        }
    }
}
