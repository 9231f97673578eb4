use std::time::SystemTime;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Audience, TokenFault, moment};

/// What a token says, as it stands there.
#[derive(Deserialize)]
pub(super) struct Claims {
    #[serde(rename = "sub")]
    pub(super) subject: Option<String>,
    #[serde(rename = "aud")]
    pub(super) audience: Option<Audience>,
    #[serde(rename = "iss")]
    pub(super) issuer: Option<String>,
    #[serde(rename = "iat")]
    pub(super) issued_at: Option<f64>,
    #[serde(rename = "exp")]
    pub(super) expires_at: Option<f64>,
    #[serde(rename = "nbf")]
    not_before: Option<f64>,
    #[serde(rename = "kubernetes.io")]
    pub(super) kubernetes: Option<Kubernetes>,
}

#[derive(Deserialize)]
pub(super) struct Kubernetes {
    pub(super) namespace: String,
    #[serde(rename = "serviceaccount")]
    pub(super) service_account: Object,
    pub(super) pod: Option<Object>,
}

#[derive(Deserialize)]
pub(super) struct Object {
    pub(super) name: String,
    pub(super) uid: String,
}

#[derive(Deserialize)]
struct Header {
    /// What is no text is no name of an algorithm.
    alg: Option<serde_json::Value>,
}

impl Claims {
    /// Without leeway, as the EKS agent has it: the cluster's clock is that of
    /// its nodes, or its tokens would not work anywhere.
    pub(super) fn check_times(&self, now: SystemTime) -> Result<(), TokenFault> {
        let is_over = |end: f64| moment(end).is_none_or(|end| end <= now);
        let is_ahead = |start: f64| moment(start).is_none_or(|start| now < start);
        let has_expired = self.expires_at.is_some_and(is_over);
        let is_not_yet_valid = self.not_before.is_some_and(is_ahead);
        if has_expired || is_not_yet_valid {
            return Err(TokenFault::Times {
                has_expired,
                is_not_yet_valid,
            });
        }
        Ok(())
    }
}

/// Reads what a token says without believing it, step by step as the library of
/// the EKS agent does, whose words the errors are.
pub(super) fn read(token: &str) -> Result<Claims, TokenFault> {
    let malformed = |why: &str| TokenFault::Unparsable(format!("token is malformed: {why}"));
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, _signature] = parts[..] else {
        return Err(malformed("token contains an invalid number of segments"));
    };
    let header: Header = decode(header).map_err(|error| malformed(&error.text("header")))?;
    let claims = decode(claims).map_err(|error| malformed(&error.text("claim")))?;
    let unverifiable = |why: &str| TokenFault::Unparsable(format!("token is unverifiable: {why}"));
    match header.alg.as_ref().and_then(serde_json::Value::as_str) {
        None => Err(unverifiable("signing method (alg) is unspecified")),
        Some(alg) if !ALGORITHMS.contains(&alg) => {
            Err(unverifiable("signing method (alg) is unavailable"))
        }
        Some(_) => Ok(claims),
    }
}

enum Undecodable {
    /// Where.
    Base64(usize),
    Json(serde_json::Error),
}

impl Undecodable {
    /// A JSON error tells where, and nothing of what stands there.
    fn text(&self, part: &str) -> String {
        match self {
            Self::Base64(at) => {
                format!("could not base64 decode {part}: illegal base64 data at input byte {at}")
            }
            Self::Json(error) => format!(
                "could not JSON decode {part}: line {}, column {}",
                error.line(),
                error.column()
            ),
        }
    }
}

fn decode<T: DeserializeOwned>(part: &str) -> Result<T, Undecodable> {
    let json = URL_SAFE.decode(part);
    let json = json.map_err(|_| Undecodable::Base64(first_illegal(part)))?;
    serde_json::from_slice(&json).map_err(Undecodable::Json)
}

/// Where Go's decoder stops: at the first byte of another alphabet, else at one
/// that is left alone at the end.
fn first_illegal(part: &str) -> usize {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let illegal = part.bytes().position(|byte| !is_legal(byte));
    illegal.unwrap_or_else(|| part.len().saturating_sub(1))
}

/// RFC 7515, as Go's decoder takes it: bits over at the end do no harm.
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// That the library knows, "none" among them.
const ALGORITHMS: [&str; 14] = [
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256",
    "PS384", "PS512", "EdDSA", "none",
];
