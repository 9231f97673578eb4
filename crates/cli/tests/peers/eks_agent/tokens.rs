//! What pods show: tokens of the sandbox's cluster, and what is none.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::scene::Scene;

/// Those that a cluster has signed.
pub(super) struct Tokens {
    pub(super) genuine: String,
    /// Of an account without a role.
    pub(super) without_role: String,
    pub(super) other_audience: String,
}

impl Tokens {
    pub(super) fn of(scene: &Scene) -> Self {
        scene.account("shop", "guest", &[]);
        let web = scene.pod("shop", "web-0", "web");
        let guest = scene.pod("shop", "guest-0", "guest");
        Self {
            genuine: scene.token(&web),
            without_role: scene.token(&guest),
            other_audience: scene.token_for(&web, "vault", Duration::from_secs(3600)),
        }
    }
}

/// A token that nobody has signed.
pub(super) fn forged(claims: &Value) -> String {
    let header = json!({"alg": "RS256", "kid": "unknown", "typ": "JWT"});
    of_parts(&header.to_string(), &claims.to_string())
}

/// The same with that header.
pub(super) fn with_header(header: &str) -> String {
    of_parts(header, &claims(&json!({})).to_string())
}

pub(super) fn of_parts(header: &str, claims: &str) -> String {
    let encoded = |part: &str| BASE64_URL_SAFE_NO_PAD.encode(part);
    format!(
        "{}.{}.{}",
        encoded(header),
        encoded(claims),
        encoded("signature")
    )
}

/// What a projected token says, but for these.
pub(super) fn claims(but: &Value) -> Value {
    let mut claims = json!({
        "aud": ["pods.eks.amazonaws.com"],
        "iss": "https://cluster.example",
        "sub": "system:serviceaccount:shop:web",
        "iat": 1_700_000_000_u64,
        "nbf": 1_700_000_000_u64,
        "exp": FAR,
        "kubernetes.io": {
            "namespace": "shop",
            "serviceaccount": {"name": "web", "uid": "u-1"},
            "pod": {"name": "web-0", "uid": "u-2"},
        },
    });
    for (name, value) in but.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

/// In the year 2100.
pub(super) const FAR: u64 = 4_102_444_800;
