//! The AWS SDK for Rust, as it is in any program. (Its provider of container
//! credentials takes its address from the environment only; botocore reads those
//! in the peers' tests.)

use aws_config::imds::Client;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_credential_types::provider::ProvideCredentials as _;
use credential_server::{Doors, Refusal};

use crate::fixture::{Fixture, serving};

fn client(fixture: &Fixture<'_>) -> Client {
    Client::builder()
        .endpoint(format!("http://{}", fixture.address))
        .unwrap()
        .max_attempts(1)
        .build()
}

#[tokio::test]
async fn the_sdk_reads_credentials_and_region() {
    serving(Doors::IMDS, async |fixture| {
        let imds = client(fixture);
        let region = ImdsRegionProvider::builder()
            .imds_client(imds.clone())
            .build();
        let region = region.region().await.unwrap();
        assert_eq!(region.as_ref(), "eu-central-1");

        let provider = ImdsCredentialsProvider::builder().imds_client(imds).build();
        let credentials = provider.provide_credentials().await.unwrap();
        assert_eq!(credentials.access_key_id(), "ASIATEST");
        assert_eq!(credentials.secret_access_key(), "secret+/key");
        assert_eq!(credentials.session_token(), Some("session//token=="));
    })
    .await;
}

#[tokio::test]
async fn the_sdk_takes_a_refusal_for_an_error() {
    serving(Doors::IMDS, async |fixture| {
        let message = "not you".to_owned();
        *fixture.server.broker().answer.lock().unwrap() = Err(Refusal::Denied { message });
        let provider = ImdsCredentialsProvider::builder()
            .imds_client(client(fixture))
            .build();
        assert!(provider.provide_credentials().await.is_err());
    })
    .await;
}
