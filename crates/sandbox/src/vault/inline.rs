//! OpenBao's inline authentication: the login comes in headers of the request
//! that it is for, and gives no token that lasts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::VaultError;
use super::fields::Fields;
use crate::RequestParts;

/// A login that came with another request.
pub(super) struct InlineLogin<'a> {
    /// `auth/kubernetes/login`.
    pub(super) path: &'a str,
    /// Where the login is, if not where the request goes.
    pub(super) namespace: Option<&'a str>,
    pub(super) fields: Fields,
}

impl<'a> InlineLogin<'a> {
    /// Reads the headers; none where they are not there.
    pub(super) fn read(request: &'a RequestParts) -> Result<Option<Self>, VaultError> {
        let Some(path) = request.header(&[PREFIX, "path"].concat()) else {
            return Ok(None);
        };
        if request.header("x-vault-token").is_some() {
            return Err(failed(
                "cannot layer inline authentication with token authentication",
            ));
        }
        let parameter = [PREFIX, "parameter-"].concat();
        let mut fields = Map::new();
        for (name, value) in &request.headers {
            if name.as_str().starts_with(&parameter) {
                let (key, value) = decode(value.as_bytes()).map_err(failed)?;
                fields.insert(key, value);
            }
        }
        Ok(Some(Self {
            path,
            namespace: request.header(&[PREFIX, "namespace"].concat()),
            fields: Fields::of(fields),
        }))
    }
}

/// What becomes of the error of a login: one that Vault gives as an answer is
/// marked, one that it gives as an error is told as such (OpenBao 2.6).
pub(super) fn login_failed(error: VaultError) -> VaultError {
    if error.is_bad_request() {
        marked(error)
    } else {
        error.prefixed(FAILED)
    }
}

/// Where there is no login at the path.
pub(super) fn no_login() -> VaultError {
    marked(VaultError::permission_denied())
}

fn marked(error: VaultError) -> VaultError {
    error.with_header("x-vault-inline-auth-failed", "true")
}

const FAILED: &str = "failed to perform inline authentication: ";

/// Where the login asks for more than headers can carry here.
pub(super) fn no_second_factor() -> VaultError {
    failed(
        "unable to perform inline authentication with login MFA; use the X-Vault-MFA header to specify MFA information on the inline auth request",
    )
}

/// Where there is no such namespace.
pub(super) fn no_namespace() -> VaultError {
    failed("inline auth namespace was not found")
}

const PREFIX: &str = "x-vault-inline-auth-";

fn failed(text: &str) -> VaultError {
    VaultError::plain_internal(text).prefixed(FAILED)
}

/// `{"key": …, "value": …}` in URL-safe base64 without padding.
fn decode(header: &[u8]) -> Result<(String, Value), &'static str> {
    let document = URL_SAFE_NO_PAD
        .decode(header)
        .map_err(|_| "failed raw url-safe base64 decoding header value")?;
    let mut document: Map<String, Value> =
        serde_json::from_slice(&document).map_err(|_| "failed json decoding header value")?;
    let key = document
        .remove("key")
        .ok_or("decoded header lacked `key` field")?;
    let value = document
        .remove("value")
        .ok_or("decoded header lacked `value` field")?;
    if !document.is_empty() {
        return Err("unexpected field in decoded request parameter");
    }
    let Value::String(key) = key else {
        return Err("decoded header had incorrect type for `key` field");
    };
    Ok((key, value))
}
