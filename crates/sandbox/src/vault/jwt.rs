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
use crate::timestamp::unix_seconds;

/// What a JWT says, as the identity provider of a CI system makes them.
///
/// The default is one that the sandbox's JWT role takes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JwtClaims {
    /// Who issued it: `iss`.
    pub issuer: String,
    /// For whom it is: `aud`.
    pub audience: String,
    /// About whom it is: `sub`.
    pub subject: String,
    /// The claim `repository`, which the role is bound to.
    pub repository: String,
    /// How long it is valid from now on; zero for an expired one.
    pub lifetime: Duration,
}

impl Default for JwtClaims {
    fn default() -> Self {
        Self {
            issuer: GITHUB.into(),
            audience: "https://vault.example.test".into(),
            subject: "repo:acme/app:ref:refs/heads/main".into(),
            repository: "acme/app".into(),
            lifetime: Duration::from_secs(5 * 60),
        }
    }
}

impl JwtClaims {
    /// The claims as JSON.
    pub(crate) fn document(&self, now: SystemTime) -> Value {
        let early = Duration::from_secs(5);
        json!({
            "iss": self.issuer,
            "aud": self.audience,
            "sub": self.subject,
            "repository": self.repository,
            "iat": unix_seconds(now),
            "nbf": unix_seconds(now - early),
            "exp": unix_seconds(now + self.lifetime),
        })
    }
}

/// The issuer of the tokens that GitHub Actions hands out.
pub(crate) const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// A key that signs JWTs by ES256 and knows its own signature again.
pub(crate) struct JwtKey(EcdsaKeyPair);

impl fmt::Debug for JwtKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("JwtKey").finish_non_exhaustive()
    }
}

impl JwtKey {
    pub(crate) fn new() -> Result<Self, Error> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Ok(Self(key.map_err(|_| Error::Random)?))
    }

    /// Signs claims.
    pub(crate) fn issue(&self, claims: &Value) -> Result<String, Error> {
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": "sandbox"});
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(&header), encode(claims));
        let signature = self
            .0
            .sign(&SystemRandom::new(), message.as_bytes())
            .map_err(|_| Error::Random)?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Whether this key signed a JWT.
    pub(crate) fn signed(&self, jwt: &str) -> bool {
        let Some((message, signature)) = jwt.rsplit_once('.') else {
            return false;
        };
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.0.public_key());
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        key.verify(message.as_bytes(), &signature).is_ok()
    }
}

/// The claims of a JWT, true or not.
pub(crate) fn claims(jwt: &str) -> Option<Value> {
    let parts: Vec<_> = jwt.split('.').collect();
    let [_, claims, _] = parts[..] else {
        return None;
    };
    let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
    serde_json::from_slice(&claims).ok()
}

/// One audience, or a list of them.
pub(crate) fn audiences(claim: &Value) -> Vec<String> {
    let texts: Vec<_> = match claim {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    };
    texts.into_iter().map(str::to_owned).collect()
}
