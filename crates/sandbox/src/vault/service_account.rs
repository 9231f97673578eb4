use std::fmt;
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::Error;
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
    key: EcdsaKeyPair,
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
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let key = key.map_err(|_| Error::Random)?;
        Ok(Self { key })
    }

    /// Makes a token.
    pub(crate) fn issue(&self, account: &ServiceAccount, now: SystemTime) -> Result<String, Error> {
        let ServiceAccount {
            namespace, name, ..
        } = account;
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": "sandbox"});
        let claims = json!({
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
        });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(&header), encode(&claims));
        let signature = self
            .key
            .sign(&SystemRandom::new(), message.as_bytes())
            .map_err(|_| Error::Random)?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Whether a token is one of these.
    pub(super) fn signed(&self, jwt: &str) -> bool {
        let Some((message, signature)) = jwt.rsplit_once('.') else {
            return false;
        };
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.key.public_key());
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        key.verify(message.as_bytes(), &signature).is_ok()
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
        let mut parts = jwt.split('.');
        let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
        let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
        let claims: Value = serde_json::from_slice(&claims).ok()?;
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

/// One audience, or a list of them.
fn audiences(claim: &Value) -> Vec<String> {
    let texts: Vec<_> = match claim {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    };
    texts.into_iter().map(str::to_owned).collect()
}
