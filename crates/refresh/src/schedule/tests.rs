use proptest::prelude::*;

use super::*;

const START: u64 = 1_700_000_000;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(second)
}

fn life(seconds: u64) -> Lifetime {
    Lifetime::new(at(START), at(START + seconds))
}

#[test]
fn a_value_is_due_after_its_portion_or_its_minimum() {
    for (name, schedule, seconds, due_after) in [
        ("a day", Schedule::CERTIFICATE, DAY, 16 * HOUR),
        ("an hour", Schedule::CERTIFICATE, HOUR, 2400),
        ("2 min left", Schedule::CERTIFICATE, 300, 180),
        ("a third, not sooner", Schedule::CERTIFICATE, 120, 40),
        ("12 hours", Schedule::SESSION, 12 * HOUR, 8 * HOUR),
        ("an hour", Schedule::SESSION, HOUR, 2400),
        ("15 minutes: both rules meet", Schedule::SESSION, 900, 600),
        ("what is left of a session", Schedule::SESSION, 600, 300),
        ("a third, not sooner", Schedule::SESSION, 300, 100),
        ("20 minutes", Schedule::LEASE, 1200, 800),
        ("no minimum", Schedule::LEASE, 6, 4),
        ("12 hours", Schedule::TOKEN, 12 * HOUR, 6 * HOUR),
        ("tiny", Schedule::TOKEN, 10, 5),
        ("not within the first second", Schedule::TOKEN, 1, 1),
        ("nor where there is no life", Schedule::SESSION, 0, 1),
    ] {
        assert_eq!(
            schedule.refresh_at(life(seconds), 0.0),
            at(START + due_after),
            "{schedule:?}: {name}"
        );
    }
}

#[test]
fn an_upper_bound_makes_it_earlier_only() {
    for (seconds, latest, due_after) in [
        (HOUR, 300, 300),
        (HOUR, 2 * HOUR, 2400),
        (300, 60, 60),
        (300, 0, 1),
    ] {
        let schedule = Schedule::SESSION.no_later_than(Duration::from_secs(latest));
        let due = schedule.refresh_at(life(seconds), 0.0);
        assert_eq!(
            due,
            at(START + due_after),
            "{seconds} s, at most {latest} s"
        );
    }
}

#[test]
fn jitter_only_makes_it_earlier_and_by_a_twentieth_at_most() {
    for (schedule, seconds, random, due_after) in [
        (Schedule::SESSION, HOUR, 0.0, 2400),
        (Schedule::SESSION, HOUR, 0.5, 2310),
        (Schedule::SESSION, HOUR, 1.0, 2220),
        (Schedule::SESSION, HOUR, 9.0, 2220),
        (Schedule::SESSION, HOUR, -1.0, 2400),
        (Schedule::SESSION, HOUR, f64::NAN, 2400),
        (Schedule::SESSION, HOUR, f64::INFINITY, 2220),
        (Schedule::SESSION, 600, 1.0, 270),
        (Schedule::CERTIFICATE, DAY, 1.0, 53_280),
        (Schedule::CERTIFICATE, 120, 1.0, 40),
    ] {
        assert_eq!(
            schedule.refresh_at(life(seconds), random),
            at(START + due_after),
            "{schedule:?} of {seconds} s, random {random}"
        );
    }
}

#[test]
fn every_moment_of_a_life_has_an_answer() {
    let until = at(START + 2400);
    for (name, now, expected) in [
        ("clock a year behind", START - 365 * DAY, Due::NotYetValid),
        ("clock a second behind", START - 1, Due::NotYetValid),
        ("just issued", START, Due::Fresh { until }),
        ("a second before", START + 2399, Due::Fresh { until }),
        ("due", START + 2400, Due::Due),
        ("late", START + 3000, Due::Due),
        ("very late", START + 3599, Due::Due),
        ("over", START + 3600, Due::Expired),
        ("after a suspend", START + 8 * HOUR, Due::Expired),
        ("clock far ahead", START + 3650 * DAY, Due::Expired),
    ] {
        assert_eq!(
            Schedule::SESSION.at(life(HOUR), at(now), 0.0),
            expected,
            "{name}"
        );
    }
}

#[test]
fn an_empty_life_is_over_from_the_beginning() {
    let never = Lifetime::new(at(START), at(START - 10));
    for now in [START - 11, START - 1, START, START + 1] {
        let due = Schedule::CERTIFICATE.at(never, at(now), 0.0);
        assert!(
            !matches!(due, Due::Fresh { .. } | Due::Due),
            "{now}: {due:?}"
        );
    }
}

fn schedules() -> impl Strategy<Value = Schedule> {
    prop_oneof![
        Just(Schedule::CERTIFICATE),
        Just(Schedule::SESSION),
        Just(Schedule::TOKEN)
    ]
}

proptest! {
    #[test]
    fn nothing_is_due_before_the_floor_or_after_its_portion(
        schedule in schedules(), seconds in 2..400 * DAY, random: f64
    ) {
        let lifetime = life(seconds);
        let age = schedule.refresh_at(lifetime, random).duration_since(at(START)).unwrap();
        prop_assert!(age >= SHORTEST_AGE);
        prop_assert!(age >= lifetime.duration() / 3);
        prop_assert!(age <= schedule.refresh_at(lifetime, 0.0).duration_since(at(START)).unwrap());
        prop_assert!(age <= lifetime.duration() * 2 / 3);
    }

    #[test]
    fn a_session_that_can_is_replaced_five_minutes_before_its_end(
        seconds in 450..12 * HOUR, random: f64
    ) {
        let lifetime = life(seconds);
        let due = Schedule::SESSION.refresh_at(lifetime, random);
        prop_assert!(lifetime.remaining(due) >= Duration::from_mins(5));
    }
}
