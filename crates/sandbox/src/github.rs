//! The endpoint that gives a job of GitHub Actions its JWT.

use std::fmt;

use http::StatusCode;
use secrecy::SecretString;
use serde_json::json;

use crate::answer::Answer;
use crate::vault::{Conditions, Vault};
use crate::{Error, JwtClaims, RequestParts};

/// What a job of GitHub Actions finds in its environment.
#[derive(Clone)]
pub struct GithubIdTokenRequest {
    /// `ACTIONS_ID_TOKEN_REQUEST_URL`, to which `&audience=…` is appended.
    pub url: String,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub token: SecretString,
}

impl fmt::Debug for GithubIdTokenRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("GithubIdTokenRequest")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Where the endpoint is, beside Vault.
pub(crate) const PATH: &str = "/github/id-token";

/// Answers with a JWT for the audience that was asked for.
pub(crate) fn answer(
    request: &RequestParts,
    bearer: &str,
    vault: &Vault,
    conditions: Conditions<'_>,
) -> Answer {
    let shown = request.header("authorization").unwrap_or_default();
    let shown = shown.split_once(' ');
    // The scheme is case-insensitive (RFC 9110 §11.1): GitHub writes `bearer`.
    let right = shown.is_some_and(|(scheme, token)| {
        scheme.eq_ignore_ascii_case("bearer") && token.trim() == bearer
    });
    if !right {
        return refused(StatusCode::UNAUTHORIZED, "The token is not valid");
    }
    if request.method != "GET" {
        return refused(StatusCode::METHOD_NOT_ALLOWED, "Use GET");
    }
    let asked = request.query_parameters();
    let asked = asked.into_iter().find(|(name, _)| name == "audience");
    let claims = JwtClaims {
        audience: asked.map_or_else(|| "https://github.com/acme".into(), |(_, value)| value),
        ..JwtClaims::default()
    };
    match id_token(&claims, vault, conditions) {
        Ok(jwt) => Answer::json(StatusCode::OK, &json!({"count": jwt.len(), "value": jwt})),
        Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, "Cannot sign"),
    }
}

/// A JWT that Vault's JWT login knows.
pub(crate) fn id_token(
    claims: &JwtClaims,
    vault: &Vault,
    conditions: Conditions<'_>,
) -> Result<String, Error> {
    let document = claims.document(conditions.now);
    let jwt = vault.logins.jwt_key.issue(&document)?;
    conditions.ledger.note_secret(&jwt);
    Ok(jwt)
}

fn refused(status: StatusCode, message: &str) -> Answer {
    Answer::json(status, &json!({ "message": message }))
}
