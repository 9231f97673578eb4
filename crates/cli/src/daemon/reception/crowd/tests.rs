use super::*;

const FLOOD: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

/// Lets in whoever may come in, and says who did.
fn admitted(crowd: &mut Crowd<&'static str>) -> Vec<Admitted<&'static str>> {
    std::iter::from_fn(|| crowd.admit()).collect()
}

fn names(admitted: &[Admitted<&'static str>]) -> Vec<&'static str> {
    admitted.iter().map(|one| one.stream).collect()
}

/// One that is full of those who say nothing.
fn full(most: usize) -> (Crowd<&'static str>, Vec<Admitted<&'static str>>) {
    let mut crowd = Crowd::new(most);
    for _ in 0..most {
        crowd.arrive("flood", FLOOD);
    }
    let flood = admitted(&mut crowd);
    assert_eq!(flood.len(), most);
    (crowd, flood)
}

/// Whether these conversations were ended.
fn dismissed(admitted: Vec<Admitted<&'static str>>) -> Vec<bool> {
    let over = |one: Admitted<_>| {
        let conversation = futures_util::future::Abortable::new(async {}, one.dismissal);
        conversation.is_aborted()
    };
    admitted.into_iter().map(over).collect()
}

#[test]
fn another_address_has_a_place_at_once_and_the_oldest_goes() {
    let (mut crowd, flood) = full(4);
    crowd.arrive("flood again", FLOOD);
    crowd.arrive("other", OTHER);
    assert_eq!(names(&admitted(&mut crowd)), ["other"]);
    assert_eq!(dismissed(flood), [true, false, false, false]);
}

#[test]
fn who_is_heard_is_not_ended_for_another() {
    let (mut crowd, flood) = full(2);
    for one in &flood {
        one.heard.all();
    }
    crowd.arrive("other", OTHER);
    crowd.beat();
    for _ in 0..2 * A_WHILE {
        crowd.beat();
        assert!(crowd.admit().is_none());
    }
    crowd.leave(flood[1].number);
    assert_eq!(names(&admitted(&mut crowd)), ["other"]);
    assert_eq!(dismissed(flood), [false, false]);
}

#[test]
fn of_one_address_those_are_ended_that_say_nothing_for_a_while() {
    let (mut crowd, flood) = full(2);
    crowd.arrive("flood again", FLOOD);
    for _ in 0..A_WHILE {
        assert!(crowd.admit().is_none());
        crowd.beat();
    }
    assert_eq!(names(&admitted(&mut crowd)), ["flood again"]);
    assert_eq!(dismissed(flood), [true, false]);
}

#[test]
fn those_who_wait_are_bounded_and_the_few_stay() {
    let (mut crowd, _flood) = full(1);
    crowd.conversing[0].heard.all();
    crowd.arrive("other", OTHER);
    for _ in 0..2 * MOST_WAITING {
        crowd.arrive("flood again", FLOOD);
    }
    assert_eq!(crowd.waiting.len(), MOST_WAITING);
    assert_eq!(crowd.waiting[0].0, "other");
    crowd.leave(1);
    assert_eq!(names(&admitted(&mut crowd)), ["other"]);
    assert!(crowd.is_waited_for());
}
