//! `ecr-public:GetAuthorizationToken`: one request, for which a second SDK
//! would be too much.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use destination::Response;
use http::Request;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Ecr, operation};
use crate::refusal::{content_type, date};
use crate::{AuthorizationToken, Error, Refusal, TokenScope};

/// One attempt.
pub(super) async fn ask(
    ecr: &Ecr,
    scope: &TokenScope,
    credentials: &Credentials,
) -> Result<AuthorizationToken, Error> {
    let asked_at = ecr.clock.now();
    let address = format!("{}/", ecr.address(scope));
    let request = signed(&address, credentials, ecr.signing_time()).ok_or_else(|| {
        Error::UnusableRequest {
            operation: operation(scope),
            reason: "it cannot be signed".to_owned(),
        }
    })?;
    let answer = ecr.http.send(request).await;
    let answer = answer.map_err(|source| Error::NoAnswer {
        operation: operation(scope),
        endpoint: ecr.address(scope),
        source: Box::new(source),
    })?;
    if !answer.status.is_success() {
        return Err(refused(ecr, scope, &answer));
    }
    let document: Document = serde_json::from_slice(&answer.body)
        // Its own text could show a part of the body.
        .map_err(|_| ecr.unusable(scope, "it is not the JSON of a token"))?;
    let data = document.authorization_data;
    let text = data.authorization_token.as_ref();
    let expires_at = data.expires_at.and_then(from_epoch);
    ecr.token(text.map(ExposeSecret::expose_secret), asked_at, expires_at)
        .map_err(|reason| ecr.unusable(scope, reason))
}

fn signed(address: &str, credentials: &Credentials, time: SystemTime) -> Option<Request<Bytes>> {
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name("ecr-public")
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .ok()?;
    let body = SignableBody::Bytes(BODY);
    let signable = SignableRequest::new("POST", address, HEADERS.into_iter(), body).ok()?;
    let (instructions, _) = sign(signable, &params.into()).ok()?.into_parts();
    let mut request = Request::post(address);
    for (name, value) in HEADERS {
        request = request.header(name, value);
    }
    let mut request = request.body(Bytes::from_static(BODY)).ok()?;
    instructions.apply_to_request_http1x(&mut request);
    Some(request)
}

fn refused(ecr: &Ecr, scope: &TokenScope, answer: &Response) -> Error {
    let refusal = Refusal::from_answer(answer.status, &answer.headers, &answer.body);
    match refusal {
        Some(refusal) => Error::Refused {
            operation: operation(scope),
            refusal: Box::new(refusal),
            retry_after: answer.retry_after(),
            server_time: date(answer),
        },
        None => Error::NotAws {
            operation: operation(scope),
            endpoint: ecr.address(scope),
            status: answer.status,
            content_type: content_type(answer),
        },
    }
}

/// Seconds since 1970, with a fraction.
fn from_epoch(seconds: f64) -> Option<SystemTime> {
    let since = Duration::try_from_secs_f64(seconds).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(since)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    authorization_data: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    authorization_token: Option<SecretString>,
    expires_at: Option<f64>,
}

/// The only region that has this API.
const REGION: &str = "us-east-1";
const BODY: &[u8] = b"{}";
const HEADERS: [(&str, &str); 2] = [
    ("content-type", "application/x-amz-json-1.1"),
    (
        "x-amz-target",
        "SpencerFrontendService.GetAuthorizationToken",
    ),
];
