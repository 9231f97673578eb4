use serde_json::json;

use crate::script::Answer::{Is, Refused};
use crate::script::Script;

#[tokio::test]
async fn keys_have_an_end_and_may_be_missing() {
    let script = Script::below("").await;
    let cluster = script.cluster();
    script.on(
        "GET /openid/v1/jwks",
        [Is(json!({"keys": "x".repeat(300_000)}))],
    );
    let error = cluster.service_account_keys().await.unwrap_err();
    let expected = "the answer to get /openid/v1/jwks is none of the Kubernetes API: it is larger";
    assert!(error.to_string().starts_with(expected), "{error}");
    script.on("GET /openid/v1/jwks", [Refused(404, None)]);
    let error = cluster.service_account_keys().await.unwrap_err();
    assert_eq!(error.to_string(), "there is no /openid/v1/jwks");
    script.on(
        "GET /.well-known/openid-configuration",
        [Is(json!({"x": 1}))],
    );
    let error = cluster.service_account_issuer().await.unwrap_err();
    assert_eq!(error.kind(), "unusable");
}
