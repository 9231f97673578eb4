use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::Error;
use crate::jwt::{JwtKey, audiences, claims};
use crate::timestamp::{from_unix_seconds, unix_seconds};

/// Whose token to make, as the kubelet would for a pod.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceAccount {
    /// The namespace of the service account.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The token's audience.
    pub audience: String,
    /// How long the token is valid from now on; zero for an expired one.
    pub lifetime: Duration,
}

impl Default for ServiceAccount {
    fn default() -> Self {
        Self {
            namespace: "apps".into(),
            name: "iamra".into(),
            audience: "vault".into(),
            lifetime: Duration::from_secs(60 * 60),
        }
    }
}

/// The stand-in of the cluster: signs service-account tokens and knows its own
/// signature again.
pub(crate) struct TokenReview {
    key: JwtKey,
}

impl fmt::Debug for TokenReview {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenReview")
            .finish_non_exhaustive()
    }
}

impl TokenReview {
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self {
            key: JwtKey::new()?,
        })
    }

    /// Makes a token.
    pub(crate) fn issue(&self, account: &ServiceAccount, now: SystemTime) -> Result<String, Error> {
        let ServiceAccount {
            namespace, name, ..
        } = account;
        self.key.issue(&json!({
            "aud": [account.audience],
            "exp": unix_seconds(now + account.lifetime),
            "iat": unix_seconds(now),
            "nbf": unix_seconds(now),
            "iss": "https://kubernetes.default.svc.cluster.local",
            "kubernetes.io": {
                "namespace": namespace,
                "serviceaccount": {"name": name, "uid": format!("uid-of-{name}")},
            },
            "sub": format!("system:serviceaccount:{namespace}:{name}"),
        }))
    }

    /// Whether a token is one of these.
    pub(super) fn signed(&self, jwt: &str) -> bool {
        self.key.signed(jwt)
    }
}

/// What a service-account token says, true or not.
pub(super) struct Claims {
    pub(super) audiences: Vec<String>,
    pub(super) expires: SystemTime,
    pub(super) not_before: SystemTime,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) uid: String,
}

impl Claims {
    /// Reads the claims without believing them.
    pub(super) fn read(jwt: &str) -> Option<Self> {
        let claims: Value = claims(jwt)?;
        let text = |pointer: &str| claims.pointer(pointer)?.as_str().map(str::to_owned);
        let time = |name: &str| claims.get(name)?.as_i64().map(from_unix_seconds);
        Some(Self {
            audiences: audiences(claims.get("aud")?),
            expires: time("exp")?,
            not_before: time("nbf")?,
            namespace: text("/kubernetes.io/namespace")?,
            name: text("/kubernetes.io/serviceaccount/name")?,
            uid: text("/kubernetes.io/serviceaccount/uid")?,
        })
    }
}
