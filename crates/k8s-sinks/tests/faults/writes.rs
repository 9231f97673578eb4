use std::time::Duration;

use serde_json::json;

use crate::hasty_clock::HASTE;
use crate::script::Answer::{Is, Lost, Refused, Strange};
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
    stage.until(&["delivered a Created"]).await;
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
        stage.until(&["delivered a Created"]).await;
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
    let lines = [
        "delivered a Created",
        "failed b: denied",
        "delivered c Created",
    ];
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

/// What was written is said, though nobody heard the answer.
#[tokio::test]
async fn a_create_whose_answer_is_lost_is_one() {
    let stage = stage(&["a"]).await;
    let exists = json!({
        "kind": "Status", "code": 409, "reason": "AlreadyExists", "message": "there already",
    });
    let exists = Strange(409, leaked(exists.to_string()));
    stage.script.on("POST *", [Lost, exists]);
    let owned = json!({
        "f:metadata": {"f:annotations": {"f:iamra.dev/content-id": {}, "f:iamra.dev/expires-at": {}}},
        "f:data": {"f:login": {}},
    });
    let ours = json!({"metadata": {
        "uid": "u",
        "resourceVersion": "100",
        "labels": {"app.kubernetes.io/managed-by": "iamra", "iamra.dev/config": "tests"},
        "annotations": {"iamra.dev/content-id": "1", "iamra.dev/schema": "1"},
        "managedFields": [{"manager": "iamra", "operation": "Update", "fieldsV1": owned}],
    }});
    stage
        .script
        .on("GET /api/v1/namespaces/a/secrets/pull*", [Is(ours)]);
    stage.until(&["delivered a Created"]).await;
    assert_eq!(stage.script.asked("POST *").len(), 2);
}
