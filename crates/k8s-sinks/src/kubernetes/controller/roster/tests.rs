use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use refresh::Lifetime;

use super::super::super::leftovers::Leftovers;
use super::super::super::marks::Whose;
use super::super::super::secret_sink::Outcome;
use super::super::place::{FIGHT, TRUCE};
use super::*;

const START: SystemTime = SystemTime::UNIX_EPOCH;
const BY_LABEL: u8 = 1;
const ALL: Listing = Listing::Secrets(0);

fn after(seconds: u64) -> SystemTime {
    START + Duration::from_secs(seconds)
}

fn content(id: &str) -> Content {
    let lifetime = Lifetime::new(START, after(43_200));
    Content::new(id.to_owned(), lifetime, BTreeMap::new())
}

/// One of ours, as it stands in this version.
fn ours(id: &str, version: u32) -> Seen {
    seen(
        version,
        Whose::Ours {
            content_id: Some(id.to_owned()),
            expires_at: Some(format!("1970-01-01T12:00:0{version}Z")),
            refreshed_at: None,
            is_intact: true,
            leftovers: Leftovers::default(),
        },
    )
}

fn seen(version: u32, whose: Whose) -> Seen {
    Seen {
        uid: "u".to_owned(),
        resource_version: version.to_string(),
        whose,
    }
}

fn brought(outcome: Outcome, seen: Seen) -> Delivered {
    Delivered { outcome, seen }
}

fn denied() -> Error {
    Error::Unauthorized {
        message: String::new(),
    }
}

fn busy(seconds: u64) -> Error {
    Error::Unavailable {
        status: 429,
        message: String::new(),
        retry_after: Some(Duration::from_secs(seconds)),
    }
}

/// A roster that knows that these namespaces are targets without a Secret.
fn roster(names: &[&str]) -> Roster {
    let mut roster = Roster::default();
    roster.begin([Listing::Namespaces(BY_LABEL), ALL].into_iter());
    roster.listing(Listing::Namespaces(BY_LABEL), None);
    for name in names {
        roster.found(BY_LABEL, name, true);
    }
    assert!(!roster.listed(Listing::Namespaces(BY_LABEL), None));
    roster.listing(ALL, None);
    assert!(roster.listed(ALL, None));
    roster
}

fn all_next(roster: &mut Roster, content: &Content, now: SystemTime) -> Vec<String> {
    let next = || {
        let urgent = roster.next(content, now);
        urgent.or_else(|| roster.next_at_leisure(content, now))
    };
    std::iter::from_fn(next)
        .map(|(name, _)| name.to_string())
        .collect()
}

#[test]
fn nothing_is_written_before_it_is_known_what_is_there() {
    let mut roster = Roster::default();
    roster.begin([Listing::Namespaces(BY_LABEL), ALL].into_iter());
    roster.found(BY_LABEL, "a", true);
    roster.found(BY_LABEL, "b", true);
    roster.listing(ALL, None);
    let content = content("1");
    assert!(all_next(&mut roster, &content, START).is_empty());
    // One that is not as it should be need not wait for the others.
    roster.saw(0, "b", Some(ours("0", 1)));
    assert_eq!(all_next(&mut roster, &content, START), ["b"]);
    assert!(!roster.is_synced());
    roster.listed(ALL, None);
    assert_eq!(all_next(&mut roster, &content, START), ["a"]);
    assert!(roster.listed(Listing::Namespaces(BY_LABEL), None));
    assert!(roster.is_synced());
}

#[test]
fn what_a_later_list_does_not_show_is_gone() {
    let mut roster = roster(&["a", "b"]);
    let content = content("1");
    for name in ["a", "b"] {
        roster.saw(0, name, Some(ours("1", 1)));
    }
    assert!(all_next(&mut roster, &content, START).is_empty());
    roster.listing(ALL, None);
    roster.saw(0, "a", Some(ours("1", 1)));
    assert!(!roster.listed(ALL, None));
    assert_eq!(all_next(&mut roster, &content, START), ["b"]);
    // And a namespace.
    roster.listing(Listing::Namespaces(BY_LABEL), None);
    roster.found(BY_LABEL, "b", true);
    roster.listed(Listing::Namespaces(BY_LABEL), None);
    assert_eq!(roster.standing(Some(&content)).targets, 1);
}

#[test]
fn a_namespace_that_cannot_be_read_does_not_hold_up_the_others() {
    let mut roster = Roster::default();
    roster.begin([Listing::Secrets(0), Listing::Secrets(1)].into_iter());
    for (number, name) in ["a", "b"].into_iter().enumerate() {
        roster.found(0, name, true);
        roster.listing(Listing::Secrets(number), Some(name));
    }
    assert!(!roster.refused(Listing::Secrets(0), Some("a"), &denied()));
    assert!(roster.listed(Listing::Secrets(1), Some("b")));
    let content = content("1");
    assert_eq!(all_next(&mut roster, &content, START), ["b"]);
    let standing = roster.standing(Some(&content));
    assert_eq!(standing.problems, [("unauthorized", 1)].into());
    // It is answered once, however often it fails, and may be read later.
    assert!(!roster.refused(Listing::Secrets(0), Some("a"), &denied()));
    roster.listing(Listing::Secrets(0), Some("a"));
    roster.listed(Listing::Secrets(0), Some("a"));
    assert_eq!(all_next(&mut roster, &content, START), ["a"]);
}

/// A server that is away for a moment has answered nothing, and is nobody's
/// problem for longer than that.
#[test]
fn what_passes_by_itself_is_no_answer() {
    let mut roster = Roster::default();
    let listing = Listing::Secrets(0);
    roster.begin([listing].into_iter());
    roster.found(0, "a", true);
    assert!(!roster.refused(listing, Some("a"), &busy(1)));
    assert!(!roster.is_synced());
    assert_eq!(roster.standing(None).problems, [].into());
    assert!(roster.refused(listing, Some("a"), &denied()));
    assert_eq!(roster.standing(None).problems, [("unauthorized", 1)].into());
    roster.followed(Some("a"));
    assert_eq!(roster.standing(None).problems, [].into());
}

#[test]
fn a_list_of_all_that_fails_answers_nothing() {
    let mut roster = Roster::default();
    roster.begin([ALL].into_iter());
    roster.found(0, "a", true);
    assert!(!roster.refused(ALL, None, &denied()));
    assert!(!roster.is_synced());
}

#[test]
fn what_was_changed_is_mended_until_it_is_a_fight() {
    let mut roster = roster(&["a"]);
    let (content, name) = (content("1"), Arc::from("a"));
    let mut version = 0;
    let mut mend = |roster: &mut Roster, now| {
        assert_eq!(all_next(roster, &content, now), ["a"]);
        version += 2;
        let ended = brought(Outcome::Updated, ours("1", version));
        let ended = roster.ended(&name, (&content, &Ok(ended)), now);
        assert!(all_next(roster, &content, now).is_empty());
        roster.saw(0, "a", Some(ours("other", version + 1)));
        ended
    };
    assert!(!mend(&mut roster, START).is_repair);
    for round in 1..=FIGHT {
        let ended = mend(&mut roster, after(60));
        assert!(ended.is_repair);
        assert_eq!(ended.is_fight, round == FIGHT);
    }
    // A change does not end a truce, but its time does.
    assert!(all_next(&mut roster, &content, after(60)).is_empty());
    assert_eq!(roster.standing(Some(&content)).problems["fight"], 1);
    assert_eq!(roster.rest(after(60)), Some(TRUCE));
    assert!(!mend(&mut roster, after(60) + TRUCE).is_fight);
}

#[test]
fn a_failure_rests_and_a_change_of_the_secret_ends_it() {
    let mut roster = roster(&["a"]);
    let (content, name) = (content("1"), Arc::from("a"));
    assert_eq!(all_next(&mut roster, &content, START), ["a"]);
    let ended = roster.ended(&name, (&content, &Err(denied())), START);
    let left = ended.pause.and_then(|pause| pause.left(START));
    assert!(all_next(&mut roster, &content, START).is_empty());
    assert_eq!(roster.rest(START), left);
    assert_eq!(roster.standing(Some(&content)).problems["unauthorized"], 1);
    roster.saw(0, "a", Some(ours("0", 1)));
    assert_eq!(all_next(&mut roster, &content, after(1)), ["a"]);
    // What the server asks for is kept to.
    roster.ended(&name, (&content, &Err(busy(90))), after(1));
    assert!(all_next(&mut roster, &content, after(90)).is_empty());
    let then = after(90) + roster.rest(after(90)).unwrap();
    assert!(then >= after(91));
    assert_eq!(all_next(&mut roster, &content, then), ["a"]);
}

#[test]
fn one_is_under_way_at_once_and_news_meanwhile_is_not_lost() {
    let mut roster = roster(&["a"]);
    let (content, name) = (content("1"), Arc::from("a"));
    assert_eq!(all_next(&mut roster, &content, START), ["a"]);
    // Somebody has deleted what we create, before its answer has come.
    roster.saw(0, "a", Some(ours("1", 5)));
    roster.saw(0, "a", Some(ours("0", 6)));
    assert!(all_next(&mut roster, &content, START).is_empty());
    let ended = brought(Outcome::Created, ours("1", 5));
    roster.ended(&name, (&content, &Ok(ended)), START);
    assert_eq!(all_next(&mut roster, &content, START), ["a"]);
    // A refusal of what is not there any more is no reason to rest.
    roster.saw(0, "a", None);
    roster.ended(&name, (&content, &Err(denied())), START);
    assert_eq!(all_next(&mut roster, &content, START), ["a"]);
    // What is given up can be begun again.
    roster.abandon();
    roster.wants_other();
    assert_eq!(all_next(&mut roster, &content, START), ["a"]);
}

/// What we have created was seen, and seen to go, before its answer came.
#[test]
fn what_is_created_and_gone_at_once_is_created_again() {
    let mut roster = roster(&["a"]);
    let (content, name) = (content("1"), Arc::from("a"));
    assert_eq!(all_next(&mut roster, &content, START), ["a"]);
    roster.saw(0, "a", Some(ours("1", 5)));
    roster.saw(0, "a", None);
    let ended = brought(Outcome::Created, ours("1", 5));
    roster.ended(&name, (&content, &Ok(ended)), START);
    assert_eq!(all_next(&mut roster, &content, START), ["a"]);
}

/// A list shows how it was before we wrote.
#[test]
fn an_older_state_takes_nothing_back() {
    let mut roster = roster(&["a"]);
    let (content, name) = (content("1"), Arc::from("a"));
    assert_eq!(all_next(&mut roster, &content, START), ["a"]);
    let ended = brought(Outcome::Created, ours("1", 9));
    roster.ended(&name, (&content, &Ok(ended)), START);
    roster.saw(0, "a", Some(ours("0", 7)));
    assert!(all_next(&mut roster, &content, START).is_empty());
    assert!(roster.has("a", &content));
    roster.saw(0, "a", Some(ours("0", 10)));
    assert_eq!(all_next(&mut roster, &content, START), ["a"]);
}

#[test]
fn who_comes_while_all_are_refreshed_need_not_wait() {
    let mut roster = roster(&["a", "b"]);
    for name in ["a", "b"] {
        roster.saw(0, name, Some(ours("0", 1)));
    }
    let content = content("1");
    roster.wants_other();
    roster.found(BY_LABEL, "new", true);
    roster.saw(0, "b", None);
    let urgent = std::iter::from_fn(|| roster.next(&content, START));
    let mut urgent: Vec<_> = urgent.map(|(name, _)| name.to_string()).collect();
    urgent.sort();
    assert_eq!(urgent, ["b", "new"]);
    assert_eq!(all_next(&mut roster, &content, START), ["a"]);
}

#[test]
fn other_contents_are_wanted_everywhere_at_once() {
    let mut roster = roster(&["a", "b"]);
    let first = content("1");
    for name in all_next(&mut roster, &first, START) {
        roster.ended(&name.into(), (&first, &Err(denied())), START);
    }
    assert!(all_next(&mut roster, &first, START).is_empty());
    roster.wants_other();
    let mut next = all_next(&mut roster, &content("2"), START);
    next.sort();
    assert_eq!(next, ["a", "b"]);
}

#[test]
fn those_that_are_gone_are_forgotten() {
    let mut roster = roster(&["a"]);
    let content = content("1");
    assert_eq!(all_next(&mut roster, &content, START), ["a"]);
    roster.found(BY_LABEL, "a", false);
    let ended = brought(Outcome::Created, ours("1", 1));
    roster.ended(&"a".into(), (&content, &Ok(ended)), START);
    assert_eq!(roster.standing(Some(&content)), Standing::default());
    roster.saw(0, "a", None);
    assert!(roster.places.is_empty());
    assert!(roster.agenda.next(after(86_400)).is_none());
}

#[test]
fn how_they_stand_is_counted() {
    let mut roster = roster(&["a", "b", "c", "d"]);
    let content = content("1");
    roster.saw(0, "a", Some(ours("1", 7)));
    roster.saw(0, "b", Some(ours("0", 3)));
    roster.saw(0, "c", Some(seen(4, Whose::Unmarked)));
    let standing = roster.standing(Some(&content));
    assert_eq!((standing.targets, standing.in_step), (4, 1));
    let oldest = standing.oldest_expiry.as_deref();
    assert_eq!(oldest, Some("1970-01-01T12:00:03Z"));
    assert!(roster.has("a", &content));
    assert!(!roster.has("b", &content) && !roster.has("elsewhere", &content));
}
