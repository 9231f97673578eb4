use std::time::Duration;

use serde_json::json;

use crate::hasty_clock::HASTE;
use crate::script::Answer::{Is, Refused, Strange};
use crate::script::{list, namespace};
use crate::stage::{NAMESPACES, Stage};

async fn stage(names: &[&str]) -> Stage {
    let stage = Stage::new().await;
    let namespaces: Vec<_> = names.iter().map(|name| namespace(name, 1)).collect();
    stage.script.on(NAMESPACES, [list(1, None, &namespaces)]);
    stage
}

#[tokio::test]
async fn a_wait_that_the_server_asks_for_is_kept_to() {
    let stage = stage(&["a"]).await;
    let created = json!({"metadata": {"uid": "u", "resourceVersion": "100"}});
    stage
        .script
        .on("POST *", [Refused(429, Some(20)), Is(created)]);
    stage.until(&["delivered a"]).await;
    let [(first, _), (second, _)] = stage.script.asked("POST *").try_into().unwrap();
    assert!(second - first >= Duration::from_secs(20) / HASTE);
}

#[tokio::test]
async fn what_passes_is_tried_again_until_it_has_passed() {
    for trouble in [Refused(500, None), Refused(504, None), Strange(503, "")] {
        let stage = stage(&["a"]).await;
        let created = json!({"metadata": {"uid": "u", "resourceVersion": "100"}});
        let answers = std::iter::repeat_n(trouble, 12).chain([Is(created)]);
        stage.script.on("POST *", answers);
        stage.until(&["delivered a"]).await;
        // Five attempts each, and a pause between them.
        assert!(stage.count("failed a: unavailable") >= 1);
        assert_eq!(stage.script.asked("POST *").len(), 13);
    }
}

#[tokio::test]
async fn one_that_is_refused_keeps_nothing_from_the_others() {
    let stage = stage(&["a", "b", "c"]).await;
    let refused = "POST /api/v1/namespaces/b/*";
    stage.script.on(refused, [Refused(403, None)]);
    let lines = ["delivered a", "failed b: denied", "delivered c"];
    stage.until(&lines).await;
    let standing = stage.controller.standing();
    assert_eq!(standing.problems, [("denied", 1)].into());
    // It is not asked again and again.
    assert_eq!(stage.script.asked(refused).len(), 1);
}

#[tokio::test]
async fn a_namespace_that_goes_meanwhile_is_no_trouble() {
    let stage = stage(&["a"]).await;
    let gone = json!({
        "kind": "Status", "code": 404, "reason": "NotFound", "message": "not found",
        "details": {"kind": "namespaces", "name": "a"},
    });
    stage
        .script
        .on("POST *", [Strange(404, leaked(gone.to_string()))]);
    stage.until(&["failed a: missing"]).await;
    assert_eq!(stage.script.asked("POST *").len(), 1);
}

fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}
