use std::sync::Arc;

use destination::HttpClient;
use ecr_auth::{Ecr, RegistryClient};
use http::Uri;

use crate::aws;
use crate::context::Context;
use crate::failure::Failure;
use crate::resolved::Resolved;

/// The client of ECR's two APIs, by AWS's trust policy.
pub(crate) fn ecr_client(context: &Context<'_>) -> Result<Ecr, Failure> {
    let settings = &context.settings;
    let mut ecr = Ecr::new(Arc::new(registry_http(settings)?))
        .with_clock(Arc::clone(&context.clock))
        .with_clock_skew_correction(settings.switch("correct-clock-skew")?)
        .with_retry(aws::retry(settings)?);
    if let Some(endpoint) = url(settings, "ecr-endpoint")? {
        ecr = ecr.with_endpoint(endpoint);
    }
    if let Some(endpoint) = url(settings, "ecr-public-endpoint")? {
        ecr = ecr.with_public_endpoint(endpoint);
    }
    Ok(ecr)
}

/// How AWS's APIs and registries are reached.
pub(crate) fn registry_http(settings: &Resolved<'_>) -> Result<HttpClient, Failure> {
    let client = HttpClient::new(aws::destination(settings)?);
    Ok(client.map_err(rolesanywhere::Error::from)?)
}

/// `client` at the base URL that the settings name, if they name one.
pub(crate) fn registry_endpoint<'a>(
    client: RegistryClient<'a>,
    settings: &Resolved<'_>,
) -> Result<RegistryClient<'a>, Failure> {
    Ok(match url(settings, "registry-endpoint")? {
        Some(endpoint) => client.with_endpoint(endpoint),
        None => client,
    })
}

/// A base URL: the same rules as for those of Roles Anywhere.
fn url(settings: &Resolved<'_>, name: &str) -> Result<Option<Uri>, Failure> {
    let Some(url) = settings.parse::<rolesanywhere::EndpointUrl>(name)? else {
        return Ok(None);
    };
    let invalid = |error: http::uri::InvalidUri| {
        let message = format!("--{name}: {error}");
        Failure::configuration("config.invalid", message)
    };
    url.to_string().parse().map(Some).map_err(invalid)
}
