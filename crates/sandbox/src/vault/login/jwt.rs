use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Attempt;
use crate::jwt::{GITHUB, JwtKey, audiences, claims};
use crate::timestamp::unix_seconds;
use crate::vault::VaultError;

/// The JWT login and its one role, for tokens that the sandbox signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JwtRole {
    /// Where the login is mounted, below `auth/`.
    pub mount: String,
    /// The role's name.
    pub name: String,
    /// Whether a login without a role gets this one.
    pub is_default: bool,
    /// The issuer that a token must have.
    pub bound_issuer: String,
    /// The audiences of which a token must have one.
    pub bound_audiences: Vec<String>,
    /// Claims that a token must have, with their values.
    pub bound_claims: Vec<(String, String)>,
}

impl Default for JwtRole {
    /// A role `gha` for the repository `acme/app` on GitHub.
    fn default() -> Self {
        Self {
            mount: "jwt".into(),
            name: "gha".into(),
            is_default: true,
            bound_issuer: GITHUB.into(),
            bound_audiences: vec!["https://vault.example.test".into()],
            bound_claims: vec![("repository".into(), "acme/app".into())],
        }
    }
}

/// Checks role, signature and claims, in the order of the real one.
pub(super) fn check(
    attempt: Attempt<'_>,
    role: &JwtRole,
    key: &JwtKey,
) -> Result<(String, Value), VaultError> {
    let name = attempt.fields.text("role")?;
    if name.is_empty() && !role.is_default {
        return Err(VaultError::bad_request("missing role"));
    }
    if !name.is_empty() && name != role.name {
        let text = format!("role \"{name}\" could not be found");
        return Err(VaultError::bad_request(text));
    }
    let jwt = attempt.fields.text("jwt")?;
    let jwt = jwt.trim();
    if jwt.is_empty() {
        return Err(VaultError::bad_request("missing token"));
    }
    let claims = signed_claims(jwt, key)
        .map_err(|flaw| invalid_token(&format!("error verifying token signature: {flaw}")))?;
    check_audience_and_time(&claims, attempt, role)?;
    let Some(subject) = claims["sub"].as_str() else {
        let text = "claim \"sub\" not found in token";
        return Err(VaultError::bad_request(text));
    };
    check_bound_claims(&claims, role)?;
    Ok((subject.to_owned(), json!({ "role": role.name })))
}

fn signed_claims(jwt: &str, key: &JwtKey) -> Result<Value, &'static str> {
    let parts: Vec<_> = jwt.split('.').collect();
    let [header, _, _] = parts[..] else {
        return Err("go-jose/go-jose: compact JWS format must have three parts");
    };
    if URL_SAFE_NO_PAD.decode(header).is_err() {
        return Err("illegal base64 data at input byte 0");
    }
    let unknown = "no known key successfully validated the token signature";
    let claims = claims(jwt).ok_or(unknown)?;
    key.signed(jwt).then_some(claims).ok_or(unknown)
}

fn check_audience_and_time(
    claims: &Value,
    attempt: Attempt<'_>,
    role: &JwtRole,
) -> Result<(), VaultError> {
    let now = unix_seconds(attempt.now);
    let audiences = audiences(&claims["aud"]);
    let bound = |audience: &String| role.bound_audiences.contains(audience);
    let text = if claims["iss"] != role.bound_issuer.as_str() {
        "invalid issuer (iss) claim"
    } else if !audiences.iter().any(bound) {
        "invalid audience (aud) claim: audience claim does not match any expected audience"
    } else if ["iat", "nbf", "exp"]
        .iter()
        .all(|name| claims[name].is_null())
    {
        "no issued at (iat), not before (nbf), or expiration time (exp) claims in token"
    } else if claims["nbf"].as_i64().is_some_and(|time| now < time) {
        "invalid not before (nbf) claim: token not yet valid"
    } else if claims["exp"].as_i64().is_some_and(|time| time <= now) {
        "invalid expiration time (exp) claim: token is expired"
    } else {
        return Ok(());
    };
    Err(invalid_token(text))
}

fn check_bound_claims(claims: &Value, role: &JwtRole) -> Result<(), VaultError> {
    for (name, value) in &role.bound_claims {
        let flaw = match claims.get(name) {
            None | Some(Value::Null) => format!("claim \"{name}\" is missing"),
            Some(claim) if claim == value.as_str() => continue,
            Some(_) => {
                format!("claim \"{name}\" does not match any associated bound claim values")
            }
        };
        let text = format!("error validating claims: {flaw}");
        return Err(VaultError::bad_request(text));
    }
    Ok(())
}

fn invalid_token(flaw: &str) -> VaultError {
    VaultError::bad_request(format!("error validating token: {flaw}"))
}
