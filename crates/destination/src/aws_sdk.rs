use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use crate::{Error, HttpClient};

/// Lends a destination to a client of the AWS SDK: its requests then go by this
/// trust policy, proxy and deadline, and by no other.
///
/// A failure is the [`Error`] of [`HttpClient::send`], inside the SDK's own
/// (`ConnectorError::into_source`). Bodies of requests must be in memory, and
/// those of answers are copied into memory that the SDK does not wipe.
pub fn aws_sdk_http_client(client: Arc<HttpClient>) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Connector(client));
    http_client_fn(move |_, _| connector.clone())
}

struct Connector(Arc<HttpClient>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move { exchange(&client, request).await })
    }
}

/// Shows where to, never how.
impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connector").field(&self.0).finish()
    }
}

async fn exchange(
    client: &HttpClient,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let unusable = |reason: &str| {
        ConnectorError::user(Box::new(Error::InvalidSettings {
            reason: reason.to_owned(),
        }))
    };
    let request = request.try_into_http1x();
    let request = request.map_err(|_| unusable("the SDK's request is no HTTP request"))?;
    let (head, body) = request.into_parts();
    let body = body.bytes().map(Bytes::copy_from_slice);
    let body = body.ok_or_else(|| unusable("the body of the request is a stream"))?;
    let answer = client.send(http::Request::from_parts(head, body)).await;
    let answer = answer.map_err(|error| match error {
        Error::Timeout { .. } => ConnectorError::timeout(Box::new(error)),
        error => ConnectorError::io(Box::new(error)),
    })?;
    let mut response = http::Response::new(SdkBody::from(answer.body.as_slice()));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    HttpResponse::try_from(response).map_err(|error| ConnectorError::user(Box::new(error)))
}
