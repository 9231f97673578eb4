use std::fmt;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
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
pub(crate) struct JwtKey {
    pair: EcdsaKeyPair,
    id: String,
}

impl fmt::Debug for JwtKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JwtKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl JwtKey {
    pub(crate) fn new() -> Result<Self, Error> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let pair = pair.map_err(|_| Error::Random)?;
        let spki: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| Error::Random)?;
        // As kube-apiserver names its keys.
        let id = URL_SAFE_NO_PAD.encode(digest(&SHA256, spki.as_ref()));
        Ok(Self { pair, id })
    }

    /// `kid`: the hash of the public key.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Signs claims, with `typ` in the header as most issuers have it.
    pub(crate) fn issue(&self, claims: &Value) -> Result<String, Error> {
        self.sign(
            &json!({"alg": "ES256", "typ": "JWT", "kid": self.id}),
            claims,
        )
    }

    /// Signs claims, with nothing but algorithm and key in the header, as
    /// kube-apiserver has it.
    pub(crate) fn issue_untyped(&self, claims: &Value) -> Result<String, Error> {
        self.sign(&json!({"alg": "ES256", "kid": self.id}), claims)
    }

    /// The public key as a JWK (RFC 7517).
    pub(crate) fn public_jwk(&self) -> Value {
        // 0x04, then the two coordinates.
        let point = self.pair.public_key().as_ref();
        let (x, y) = point.get(1..).unwrap_or_default().split_at(32);
        json!({
            "use": "sig",
            "kty": "EC",
            "kid": self.id,
            "crv": "P-256",
            "alg": "ES256",
            "x": URL_SAFE_NO_PAD.encode(x),
            "y": URL_SAFE_NO_PAD.encode(y),
        })
    }

    /// Whether this key signed a JWT.
    pub(crate) fn signed(&self, jwt: &str) -> bool {
        let Some((message, signature)) = jwt.rsplit_once('.') else {
            return false;
        };
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key());
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        key.verify(message.as_bytes(), &signature).is_ok()
    }

    fn sign(&self, header: &Value, claims: &Value) -> Result<String, Error> {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = self
            .pair
            .sign(&SystemRandom::new(), message.as_bytes())
            .map_err(|_| Error::Random)?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The `kid` that a JWT's header names, true or not.
pub(crate) fn key_id(jwt: &str) -> Option<String> {
    let (header, _) = jwt.split_once('.')?;
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    header["kid"].as_str().map(str::to_owned)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_name_of_its_own_and_tells_only_its_public_half() {
        let (key, other) = (JwtKey::new().unwrap(), JwtKey::new().unwrap());
        assert_ne!(key.id(), other.id());
        let jwk = key.public_jwk();
        assert_eq!(jwk["kid"], key.id());
        assert!(jwk.get("d").is_none());
        let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
        let point = [vec![4], coordinate("x"), coordinate("y")].concat();
        let jwt = key.issue(&json!({"sub": "a"})).unwrap();
        let (message, signature) = jwt.rsplit_once('.').unwrap();
        let verifier = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert!(verifier.verify(message.as_bytes(), &signature).is_ok());
        assert!(key.signed(&jwt) && !other.signed(&jwt));
    }

    #[test]
    fn headers_name_the_key() {
        let key = JwtKey::new().unwrap();
        let header = |jwt: String| {
            let header = URL_SAFE_NO_PAD.decode(jwt.split('.').next().unwrap());
            serde_json::from_slice::<Value>(&header.unwrap()).unwrap()
        };
        let claims = json!({});
        let typed = key.issue(&claims).unwrap();
        assert_eq!(key_id(&typed).as_deref(), Some(key.id()));
        assert_eq!(header(typed)["typ"], "JWT");
        let untyped = header(key.issue_untyped(&claims).unwrap());
        assert_eq!(untyped, json!({"alg": "ES256", "kid": key.id()}));
        assert_eq!(key_id("garbage"), None);
    }
}
