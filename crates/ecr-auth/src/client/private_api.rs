//! `ecr:GetAuthorizationToken`, by the AWS SDK.

use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_partition::{Endpoint, Region};
use aws_sdk_ecr::config::retry::{ReconnectMode, RetryConfig};
use aws_sdk_ecr::config::timeout::TimeoutConfig;
use aws_sdk_ecr::config::{BehaviorVersion, Config, IdentityCache, StalledStreamProtectionConfig};
use aws_sdk_ecr::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_ecr::operation::RequestId as _;
use aws_sdk_ecr::operation::get_authorization_token::GetAuthorizationTokenError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use destination::aws_sdk_http_client;
use http::StatusCode;

use super::{Ecr, operation};
use crate::refusal::{one_line, parse_date};
use crate::{AuthorizationToken, Error, Refusal, TokenScope};

/// One attempt.
pub(super) async fn ask(
    ecr: &Ecr,
    (region, endpoint): (&Region, Endpoint),
    credentials: &Credentials,
) -> Result<AuthorizationToken, Error> {
    let scope = TokenScope::Private {
        region: region.clone(),
        endpoint,
    };
    let asked_at = ecr.clock.now();
    let client = aws_sdk_ecr::Client::from_conf(config(ecr, (region, endpoint), credentials));
    let answer = client.get_authorization_token().send().await;
    let answer = answer.map_err(|error| failure(ecr, &scope, error))?;
    let data = answer.authorization_data().first();
    let data = data.ok_or_else(|| ecr.unusable(&scope, "it holds no authorization data"))?;
    let expires_at = data.expires_at().copied();
    let expires_at = expires_at.and_then(|at| SystemTime::try_from(at).ok());
    let received = ecr
        .token(data.authorization_token(), asked_at, expires_at)
        .map_err(|reason| ecr.unusable(&scope, reason))?;
    Ok(AuthorizationToken {
        proxy_endpoint: data.proxy_endpoint().map(str::to_owned),
        ..received
    })
}

/// Deadline, retries and connections are ours: the SDK only signs, and reads
/// the answer.
fn config(ecr: &Ecr, (region, endpoint): (&Region, Endpoint), credentials: &Credentials) -> Config {
    // The SDK would look for a connection to give up, and complain that there is none.
    let retry = RetryConfig::disabled().with_reconnect_mode(ReconnectMode::ReuseAllConnections);
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_sdk_http_client(Arc::clone(&ecr.http)))
        .time_source(SigningTime(ecr.signing_time()))
        .retry_config(retry)
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .identity_cache(IdentityCache::no_cache())
        .credentials_provider(credentials.clone())
        .region(aws_sdk_ecr::config::Region::new(region.to_string()));
    match &ecr.endpoint {
        Some(own) => config.endpoint_url(own.to_string()),
        None => config
            .use_fips(endpoint.fips)
            .use_dual_stack(endpoint.dual_stack),
    }
    .build()
}

/// The date in the signature.
#[derive(Debug)]
struct SigningTime(SystemTime);

impl aws_smithy_async::time::TimeSource for SigningTime {
    fn now(&self) -> SystemTime {
        self.0
    }
}

fn failure(
    ecr: &Ecr,
    scope: &TokenScope,
    error: SdkError<GetAuthorizationTokenError, HttpResponse>,
) -> Error {
    let operation = operation(scope);
    match &error {
        SdkError::ServiceError(refused) => {
            let response = refused.raw();
            let status = StatusCode::from_u16(response.status().as_u16());
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let header = |name| response.headers().get(name);
            let Some(code) = refused.err().code() else {
                let content_type = header("content-type").unwrap_or("no content type");
                return Error::NotAws {
                    operation,
                    endpoint: ecr.address(scope),
                    status,
                    content_type: one_line(content_type),
                };
            };
            let message = refused.err().message().unwrap_or_default();
            let wait = header("retry-after").and_then(|seconds| seconds.trim().parse().ok());
            Error::Refused {
                operation,
                refusal: Box::new(Refusal::new(status, code, message, error.request_id())),
                retry_after: wait.map(std::time::Duration::from_secs),
                server_time: header("date").and_then(parse_date),
            }
        }
        SdkError::ResponseError(_) => ecr.unusable(scope, "it is not the JSON of a token"),
        _ => not_sent(ecr, scope, error),
    }
}

/// There was no answer: the error of our own client is inside the SDK's.
fn not_sent(
    ecr: &Ecr,
    scope: &TokenScope,
    error: SdkError<GetAuthorizationTokenError, HttpResponse>,
) -> Error {
    let operation = operation(scope);
    let source = error.into_source().ok();
    let connector = source.map(<dyn std::error::Error + Send + Sync>::downcast::<ConnectorError>);
    match connector {
        Some(Ok(connector)) => match connector.into_source().downcast::<destination::Error>() {
            Ok(source) => Error::NoAnswer {
                operation,
                endpoint: ecr.address(scope),
                source,
            },
            Err(other) => Error::UnusableRequest {
                operation,
                reason: one_line(&other.to_string()),
            },
        },
        Some(Err(other)) => Error::UnusableRequest {
            operation,
            reason: one_line(&innermost(&*other)),
        },
        None => ecr.unusable(scope, "the AWS SDK does not say why"),
    }
}

/// The SDK's outer errors say little.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}
