use k8s_sinks::kubernetes::Reviewed;
use serde_json::json;

use crate::script::Answer::{Is, Lost, Refused, Strange};
use crate::script::Script;

#[tokio::test]
async fn a_server_that_repeats_a_token_is_not_repeated() {
    let script = Script::below("").await;
    let cluster = script.cluster();
    let review = async || cluster.review_token(&TOKEN.into(), &["pods"]).await;
    let said = |status: u16| {
        let message = format!("TokenReview is invalid: spec.token: Invalid value: \"{TOKEN}\"");
        let said = json!({"kind": "Status", "code": status, "reason": "x", "message": message});
        Strange(status, leaked(said.to_string()))
    };
    for status in [400, 401, 403, 410, 422, 503] {
        script.on(REVIEWS, [said(status)]);
        let error = review().await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("Invalid value: [the token]"), "{shown}");
        assert!(!shown.contains("eyJzdWIi"), "{shown}");
    }
    let error = format!("[invalid bearer token, {TOKEN}] {}", "x".repeat(2000));
    let answer = json!({"spec": {"token": TOKEN}, "status": {"error": error}});
    script.on(REVIEWS, [Is(answer)]);
    let Reviewed::Refused { reason } = review().await.unwrap() else {
        panic!("it is accepted");
    };
    assert!(
        reason.starts_with("[invalid bearer token, [the token] x"),
        "{reason}"
    );
    assert!(reason.len() <= 500, "{reason}");
    // Neither does one that cannot be read.
    script.on(
        REVIEWS,
        [Strange(200, leaked(format!("{{\"status\": \"{TOKEN}\"")))],
    );
    let error = format!("{:?}", review().await.unwrap_err());
    assert!(!error.contains("eyJ"), "{error}");
}

#[tokio::test]
async fn a_review_is_asked_for_until_there_is_an_answer() {
    let script = Script::below("").await;
    let cluster = script.cluster();
    let status = json!({
        "authenticated": true, "audiences": ["pods"], "user": {"username": "web", "uid": "u"},
    });
    script.on(
        REVIEWS,
        [
            Lost,
            Refused(503, None),
            Refused(429, Some(1)),
            Is(json!({"status": status})),
        ],
    );
    let reviewed = cluster.review_token(&TOKEN.into(), &["pods"]).await;
    assert!(matches!(reviewed.unwrap(), Reviewed::Accepted(user) if user.name == "web"));
    assert_eq!(script.asked(REVIEWS).len(), 4);
}

#[tokio::test]
async fn a_server_that_knows_no_audiences_accepts_nothing() {
    let script = Script::below("").await;
    let cluster = script.cluster();
    let status = json!({"authenticated": true, "user": {"username": "web", "uid": "u"}});
    script.on(REVIEWS, [Is(json!({"status": status}))]);
    let reviewed = cluster.review_token(&TOKEN.into(), &["pods"]).await;
    assert!(matches!(reviewed.unwrap(), Reviewed::Refused { .. }));
}

fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ3ZWIifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ";
const REVIEWS: &str = "POST /apis/authentication.k8s.io/v1/tokenreviews?";
