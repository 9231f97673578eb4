use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, alphabet};
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
    alg: Option<String>,
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
    let header: Header = match decode(header) {
        Ok(header) => header,
        // Who sends a scheme is told so.
        Err(Undecodable::Base64(_)) if has_scheme(token) => {
            return Err(malformed("tokenstring should not contain 'bearer '"));
        }
        Err(error) => return Err(malformed(&error.text("header"))),
    };
    let claims = decode(claims).map_err(|error| malformed(&error.text("claim")))?;
    let unverifiable = |why: &str| TokenFault::Unparsable(format!("token is unverifiable: {why}"));
    match header.alg.as_deref() {
        None => Err(unverifiable("signing method (alg) is unspecified")),
        Some(alg) if !ALGORITHMS.contains(&alg) => {
            Err(unverifiable("signing method (alg) is unavailable"))
        }
        Some(_) => Ok(claims),
    }
}

fn has_scheme(token: &str) -> bool {
    let scheme = token.get(.."bearer ".len());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer "))
}

enum Undecodable {
    Base64(DecodeError),
    Json(serde_json::Error),
}

impl Undecodable {
    /// A JSON error tells where, and nothing of what stands there.
    fn text(&self, part: &str) -> String {
        match self {
            Self::Base64(error) => {
                let at = match error {
                    DecodeError::InvalidByte(at, _) => *at,
                    DecodeError::InvalidLength(length) => *length,
                    _ => 0,
                };
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
    let json = URL_SAFE.decode(part).map_err(Undecodable::Base64)?;
    serde_json::from_slice(&json).map_err(Undecodable::Json)
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
