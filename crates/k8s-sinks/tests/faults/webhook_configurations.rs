use serde_json::{Value, json};

use crate::script::Answer::{Is, Refused};
use crate::script::Script;

#[tokio::test]
async fn webhooks_that_change_meanwhile_are_looked_at_again() {
    for conflict in [409, 422] {
        let script = Script::below("").await;
        let cluster = script.cluster();
        let set = async || cluster.set_webhook_ca_bundle("iamra", None, "new").await;
        let old = |version| Is(webhooks(version, "b2xk"));
        script.on(GET, [old(1), old(2)]);
        script.on(PATCH, [Refused(conflict, None), Is(webhooks(3, "bmV3"))]);
        assert!(set().await.unwrap());
        // Somebody else has set the same.
        script.on(GET, [old(3), Is(webhooks(4, "bmV3"))]);
        script.on(PATCH, [Refused(conflict, None)]);
        assert!(!set().await.unwrap());
        // Nobody has changed it: it is refused.
        script.on(GET, [old(5)]);
        let kind = set().await.unwrap_err().kind();
        assert_eq!(
            kind,
            if conflict == 409 {
                "contended"
            } else {
                "rejected"
            }
        );
        // Somebody changes it without an end.
        script.on(GET, (10..20).map(old));
        assert_eq!(set().await.unwrap_err().kind(), "contended");
        // One that may pass by itself is sent again before that.
        let patches = if conflict == 409 { 2 + 5 * 7 } else { 4 + 5 };
        assert_eq!(script.asked(PATCH).len(), patches);
    }
}

fn webhooks(version: u32, ca_bundle: &str) -> Value {
    json!({
        "metadata": {"resourceVersion": version.to_string()},
        "webhooks": [{"name": "pods.iamra.dev", "clientConfig": {"caBundle": ca_bundle}}],
    })
}

const GET: &str = "GET /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/iamra";
const PATCH: &str =
    "PATCH /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/iamra?*";
