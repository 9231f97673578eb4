use std::time::Duration;

use serde_json::json;

use crate::hasty_clock::HASTE;
use crate::script::Answer::{Events, Is, Refused, Strange};
use crate::script::{End, event, list, namespace};
use crate::stage::{NAMESPACE_WATCH, NAMESPACES, SECRET_WATCH, SECRETS, Stage};

#[tokio::test]
async fn a_watch_that_is_too_old_is_listed_anew() {
    let too_old = json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "old"});
    let too_old = Events(vec![event("ERROR", &too_old)], End::Clean);
    for too_old in [too_old, Refused(410, None), Strange(410, "old")] {
        let stage = Stage::new().await;
        let holds = Events(Vec::new(), End::Never);
        stage.script.on(NAMESPACE_WATCH, [too_old, holds]);
        let lists = [
            list(1, None, &[namespace("a", 1), namespace("b", 1)]),
            list(9, None, &[namespace("b", 1), namespace("c", 8)]),
        ];
        stage.script.on(NAMESPACES, lists);
        stage.until(&["delivered c Created"]).await;
        // What is not in the second list is gone.
        assert_eq!(stage.targets(), 2);
        let watches = stage.script.asked(NAMESPACE_WATCH);
        assert!(watches[0].1.contains("resourceVersion=1"), "{watches:?}");
        assert_eq!(stage.script.asked(NAMESPACES).len(), 2);
    }
}

#[tokio::test]
async fn a_list_that_is_too_old_in_its_middle_begins_anew() {
    let stage = Stage::new().await;
    let lists = [
        list(1, Some("more"), &[namespace("a", 1)]),
        Refused(410, None),
        list(3, Some("more"), &[namespace("b", 1)]),
        list(3, None, &[namespace("c", 1)]),
    ];
    stage.script.on(NAMESPACES, lists);
    stage.until(&["synced"]).await;
    assert_eq!(stage.targets(), 2);
    let pages = stage.script.asked(NAMESPACES);
    assert!(!pages[2].1.contains("continue"), "{pages:?}");
    assert!(pages[3].1.contains("continue=more"), "{pages:?}");
}

#[tokio::test]
async fn a_watch_goes_on_where_it_ended() {
    let bookmark = event("BOOKMARK", &json!({"metadata": {"resourceVersion": "7"}}));
    let added = event("ADDED", &namespace("a", 8));
    for (events, end, version) in [
        (vec![bookmark.clone()], End::Clean, 7),
        (vec![bookmark.clone()], End::Cut, 7),
        (vec![bookmark, added], End::Cut, 8),
        (Vec::new(), End::Cut, 1),
    ] {
        let stage = Stage::new().await;
        let rest = Events(vec![event("ADDED", &namespace("z", 9))], End::Never);
        stage
            .script
            .on(NAMESPACE_WATCH, [Events(events, end), rest]);
        stage.until(&["delivered z Created"]).await;
        let watches = stage.script.asked(NAMESPACE_WATCH);
        let from = format!("resourceVersion={version}");
        assert!(watches[1].1.contains(&from), "{watches:?}");
        assert_eq!(stage.script.asked(NAMESPACES).len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_ends_each_watch_at_once_is_left_in_peace() {
    let stage = Stage::new().await;
    stage
        .script
        .on(NAMESPACE_WATCH, [Events(Vec::new(), End::Clean)]);
    let a_minute = Duration::from_mins(1) / HASTE;
    stage.plays(tokio::time::sleep(a_minute)).await;
    let asked = stage.script.asked(NAMESPACE_WATCH).len();
    // Full jitter may be short, but not each time.
    assert!((2..30).contains(&asked), "{asked}");
    assert_eq!(stage.script.asked(NAMESPACES).len(), 1);
}

#[tokio::test]
async fn a_server_that_always_says_too_old_is_left_in_peace() {
    let stage = Stage::new().await;
    stage.script.on(NAMESPACE_WATCH, [Refused(410, None)]);
    let a_minute = Duration::from_mins(1) / HASTE;
    stage.plays(tokio::time::sleep(a_minute)).await;
    let asked = stage.script.asked(NAMESPACES).len();
    assert!((2..30).contains(&asked), "{asked}");
}

#[tokio::test]
async fn nothing_is_written_while_the_secrets_cannot_be_read() {
    for (trouble, kind) in [
        (Refused(500, None), "unavailable"),
        (Refused(429, Some(1)), "unavailable"),
        (Refused(403, None), "denied"),
        (Strange(502, "<html>"), "unavailable"),
        (Strange(200, "<html>"), "unusable"),
        (Strange(302, ""), "unusable"),
        (Is(json!({"items": [{"metadata": "x"}]})), "unusable"),
    ] {
        let stage = Stage::new().await;
        stage
            .script
            .on(NAMESPACES, [list(1, None, &[namespace("a", 1)])]);
        stage.script.on(SECRETS, [trouble]);
        let blind = format!("blind secrets: {kind}");
        stage.until(&[&*blind]).await;
        assert!(stage.script.asked("POST *").is_empty());
        assert_eq!(stage.count("synced"), 0);
        // It is well again.
        stage.script.on(SECRETS, [list(1, None, &[])]);
        stage.until(&["delivered a Created"]).await;
    }
}

#[tokio::test]
async fn a_cluster_may_be_below_a_path() {
    let stage = Stage::below("/k8s/clusters/c-1").await;
    stage
        .script
        .on(NAMESPACES, [list(1, None, &[namespace("a", 1)])]);
    stage.until(&["delivered a Created"]).await;
    assert_eq!(stage.script.asked(SECRET_WATCH).len(), 1);
}
