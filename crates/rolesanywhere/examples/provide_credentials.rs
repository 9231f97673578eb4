//! Hands sessions to an AWS SDK: anything that takes `ProvideCredentials`.
//!
//! ```sh
//! cargo run --example provide_credentials -- cert.pem key.pem ANCHOR_ARN PROFILE_ARN ROLE_ARN
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;
use std::sync::Arc;

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use destination::{Destination, HttpClient};
use rolesanywhere::{Identity, PemSources, RolesAnywhere, RolesAnywhereProvider, SessionRequest};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [certificate, key, anchor, profile, role] = &arguments[..] else {
        return Err("usage: provide_credentials CERT KEY ANCHOR_ARN PROFILE_ARN ROLE_ARN".into());
    };
    let identity = Identity::from_pem(PemSources {
        certificate: &std::fs::read(certificate)?,
        private_key: Some(&std::fs::read(key)?),
        intermediates: None,
    })?;
    let request = SessionRequest::new(anchor.parse()?, profile.parse()?, role.parse()?)?;
    let http = Arc::new(HttpClient::new(Destination::default())?);
    let client = RolesAnywhere::new(http);

    let provider = RolesAnywhereProvider::new(client, Arc::new(identity), request);
    // What `aws_sdk_…::Config::builder().credentials_provider(…)` takes.
    let provider = SharedCredentialsProvider::new(provider);
    let credentials = provider.provide_credentials().await?;
    println!(
        "{} until {:?}",
        credentials.access_key_id(),
        credentials.expiry()
    );
    Ok(())
}
