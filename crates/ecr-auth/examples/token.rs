//! Asks ECR for a token, and a registry whether it takes it.
//!
//! `cargo run -p ecr-auth --example token -- HOST` with `AWS_ACCESS_KEY_ID`,
//! `AWS_SECRET_ACCESS_KEY` and, for a session's, `AWS_SESSION_TOKEN`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(clippy::disallowed_methods, reason = "a program of its own")]

use std::env::var;
use std::sync::Arc;

use aws_credential_types::Credentials;
use destination::{Destination, HttpClient};
use ecr_auth::{Ecr, RegistryClient, RegistryHost};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let host = std::env::args().nth(1).ok_or("which registry?")?;
    let host = RegistryHost::in_reference(&host)?;
    let credentials = Credentials::new(
        var("AWS_ACCESS_KEY_ID")?,
        var("AWS_SECRET_ACCESS_KEY")?,
        var("AWS_SESSION_TOKEN").ok(),
        None,
        "environment",
    );
    let http = Arc::new(HttpClient::new(Destination::default())?);
    let ecr = Ecr::new(Arc::clone(&http));
    let token = ecr.authorization_token(host.scope(), &credentials).await?;
    let left = token.lifetime.duration();
    println!("{host}: a token for {} h", left.as_secs() / 3600);
    RegistryClient::new(&http, host, &token).check().await?;
    println!("the registry takes it");
    Ok(())
}
