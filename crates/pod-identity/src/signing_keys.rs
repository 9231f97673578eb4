use jsonwebtoken::jwk::{JwkSet, PublicKeyUse};
use jsonwebtoken::{AlgorithmFamily, DecodingKey, Validation, decode, decode_header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::IgnoredAny;

use crate::TokenFault;

/// The keys that a cluster signs service-account tokens with, as its
/// `/openid/v1/jwks` tells them.
///
/// A signature says who has made a token, not whether its pod is still there:
/// who relies on it alone bounds the token's age.
///
/// [Service account issuer discovery](https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery)
#[derive(Debug)]
pub struct SigningKeys(JwkSet);

/// A document that is no JWK set.
#[derive(Debug, thiserror::Error)]
#[error("the cluster's keys are no JWK set: line {}, column {}", .0.line(), .0.column())]
pub struct InvalidKeySet(serde_json::Error);

impl SigningKeys {
    /// Reads a JWK set ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)).
    pub fn parse(document: &[u8]) -> Result<Self, InvalidKeySet> {
        serde_json::from_slice(document)
            .map(Self)
            .map_err(InvalidKeySet)
    }

    /// Whether one of them may have signed a token: where not, the keys may
    /// have changed.
    pub fn has_key_of(&self, token: &SecretString) -> bool {
        let header = decode_header(token.expose_secret());
        header.is_ok_and(|header| {
            let id = header.kid.as_deref();
            self.0.keys.iter().any(|key| is_named(key, id))
        })
    }

    /// Whether one of them has signed a token. Its times and names are
    /// [`PodToken`](crate::PodToken)'s to check.
    pub fn verify(&self, token: &SecretString) -> Result<(), TokenFault> {
        let token = token.expose_secret();
        let not_genuine = |reason: &str| TokenFault::NotGenuine {
            reason: reason.to_owned(),
        };
        let header = decode_header(token).map_err(|_| not_genuine("it has no header"))?;
        let keys = self.0.keys.iter();
        let mut keys = keys.filter(|key| is_named(key, header.kid.as_deref()));
        if keys.any(|key| is_of(key, token)) {
            return Ok(());
        }
        Err(not_genuine("none of the cluster's keys has signed it"))
    }
}

fn is_named(key: &jsonwebtoken::jwk::Jwk, id: Option<&str>) -> bool {
    let own = key.common.key_id.as_deref();
    own.is_none() || id.is_none() || own == id
}

fn is_of(jwk: &jsonwebtoken::jwk::Jwk, token: &str) -> bool {
    if jwk.common.public_key_use == Some(PublicKeyUse::Encryption) {
        return false;
    }
    let Ok(key) = DecodingKey::from_jwk(jwk) else {
        return false;
    };
    // A secret that both sides know proves nothing here.
    if !matches!(key.family(), AlgorithmFamily::Rsa | AlgorithmFamily::Ec) {
        return false;
    }
    let mut validation = Validation::new_for_family(key.family());
    // The library would read a clock of its own, and what the token says is
    // looked at elsewhere.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    decode::<IgnoredAny>(token, &key, &validation).is_ok()
}

#[cfg(test)]
mod tests;
