//! The AWS SDK for Rust, with the chain of providers that every program has by
//! default.

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::ProvideCredentials as _;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use destination::{Destination, HttpClient};

use crate::doors::{self, Client};
use crate::peer::variable;

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn the_sdk_for_rust_reads_at_every_door() {
    doors::every_door_leads_to_the_role(&client());
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn the_sdk_for_rust_gets_what_is_new_after_a_rotation() {
    doors::what_is_new_comes_after_a_rotation(&client());
}

/// The SDK looks at the environment of its process, so it has one of its own:
/// this test once more, as [`the_client`].
fn client() -> Client {
    let own = std::env::current_exe().unwrap();
    let words = ["--ignored", "--exact", "--nocapture", "aws_sdk::the_client"];
    Client::of(own, &words).telling_sts_by(STS)
}

/// Says who it is for the STS that a variable names; without, nothing.
#[test]
#[ignore = "it is run by the others"]
fn the_client() {
    let Some(sts) = variable(STS) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let said = runtime.unwrap().block_on(who(&sts.into_string().unwrap()));
    println!("\n{said}");
}

async fn who(sts: &str) -> String {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .http_client(http_client())
        .load()
        .await;
    let of_sts = aws_sdk_sts::config::Builder::from(&config).endpoint_url(sts);
    let client = aws_sdk_sts::Client::from_conf(of_sts.build());
    let answer = client.get_caller_identity().send().await.unwrap();
    let credentials = config.credentials_provider().unwrap();
    let credentials = credentials.provide_credentials().await.unwrap();
    format!("{} {}", answer.arn().unwrap(), credentials.access_key_id())
}

/// The SDK's own client would bring a TLS stack of its own.
pub(crate) fn http_client() -> SharedHttpClient {
    http_client_fn(|_, _| {
        SharedHttpConnector::new(Connector(
            HttpClient::new(Destination::default()).unwrap().into(),
        ))
    })
}

struct Connector(std::sync::Arc<HttpClient>);

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().unwrap();
            let (head, body) = request.into_parts();
            let body = Bytes::copy_from_slice(body.bytes().unwrap_or_default());
            let sent = client.send(http::Request::from_parts(head, body)).await;
            let answer = sent.map_err(|error| ConnectorError::io(error.into()))?;
            let mut response =
                HttpResponse::new(answer.status.into(), SdkBody::from(&answer.body[..]));
            for (name, value) in &answer.headers {
                let value = value.to_str().unwrap().to_owned();
                response
                    .headers_mut()
                    .append(name.as_str().to_owned(), value);
            }
            Ok(response)
        })
    }
}

const STS: &str = "IAMRA_TEST_STS";
