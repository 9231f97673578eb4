//! `GetAuthorizationToken`: one signed request, for which the SDKs of two services
//! would be too much (ADR 17).
//!
//! [AWS JSON 1.1](https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html)

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use destination::Response;
use http::Request;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;

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
    let request = signed((scope, &address), credentials, ecr.signing_time());
    let request = request.ok_or_else(|| Error::UnusableRequest {
        operation: operation(scope),
        reason: "it cannot be signed".to_owned(),
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
    let data = match scope {
        TokenScope::Public { .. } => data::<Data>(&answer.body).map(Some),
        TokenScope::Private { .. } => {
            data::<Vec<Data>>(&answer.body).map(|all| all.into_iter().next())
        }
    };
    let data = data.ok_or_else(|| ecr.unusable(scope, "it is not the JSON of a token"))?;
    let data = data.ok_or_else(|| ecr.unusable(scope, "it holds no authorization data"))?;
    let text = data.authorization_token.as_ref();
    let expires_at = data.expires_at.and_then(from_epoch);
    let token = ecr
        .token(text.map(ExposeSecret::expose_secret), asked_at, expires_at)
        .map_err(|reason| ecr.unusable(scope, reason))?;
    Ok(AuthorizationToken {
        proxy_endpoint: data.proxy_endpoint,
        ..token
    })
}

/// What an answer is about; its own error could show a part of it.
fn data<D: DeserializeOwned>(body: &[u8]) -> Option<D> {
    let document: Document<D> = serde_json::from_slice(body).ok()?;
    Some(document.authorization_data)
}

fn signed(
    (scope, address): (&TokenScope, &str),
    credentials: &Credentials,
    time: SystemTime,
) -> Option<Request<Bytes>> {
    let (name, region, target) = match scope {
        TokenScope::Public { .. } => ("ecr-public", PUBLIC_REGION, "SpencerFrontendService"),
        TokenScope::Private { region, .. } => (
            "ecr",
            region.as_str(),
            "AmazonEC2ContainerRegistry_V20150921",
        ),
    };
    let target = format!("{target}.GetAuthorizationToken");
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", &*target),
    ];
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(name)
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .ok()?;
    let body = SignableBody::Bytes(BODY);
    let signable = SignableRequest::new("POST", address, headers.into_iter(), body).ok()?;
    let (instructions, _) = sign(signable, &params.into()).ok()?.into_parts();
    let mut request = Request::post(address);
    for (name, value) in headers {
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
struct Document<D> {
    authorization_data: D,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    authorization_token: Option<SecretString>,
    expires_at: Option<f64>,
    /// Where a private registry is; the public one does not say.
    proxy_endpoint: Option<String>,
}

/// The only region that has the API of the public registry.
const PUBLIC_REGION: &str = "us-east-1";
const BODY: &[u8] = b"{}";
