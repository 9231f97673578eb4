//! Opens a session with a certificate and key from PEM files.
//!
//! ```sh
//! cargo run --example create_session -- cert.pem key.pem ANCHOR_ARN PROFILE_ARN ROLE_ARN [ENDPOINT]
//! ```
//!
//! `cert.pem` holds the intermediates, too, where the trust anchor is not the
//! certificate's issuer. The session lasts as long as the profile says.

#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;
use std::sync::Arc;

use destination::{Destination, HttpClient};
use rolesanywhere::{Identity, PemSources, RolesAnywhere, SessionRequest, Sts};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [certificate, key, anchor, profile, role, endpoint @ ..] = &arguments[..] else {
        return Err(
            "usage: create_session CERT KEY ANCHOR_ARN PROFILE_ARN ROLE_ARN [ENDPOINT]".into(),
        );
    };
    let identity = Identity::from_pem(PemSources {
        certificate: &std::fs::read(certificate)?,
        private_key: Some(&std::fs::read(key)?),
        intermediates: None,
    })?;
    let request = SessionRequest::new(anchor.parse()?, profile.parse()?, role.parse()?)?;

    let http = Arc::new(HttpClient::new(Destination::default())?);
    let region = request.region().clone();
    let mut client = RolesAnywhere::new(Arc::clone(&http));
    let mut sts = Sts::new(http, region);
    if let [endpoint] = endpoint {
        client = client.with_endpoint(endpoint.parse()?);
        sts = sts.with_endpoint(endpoint.parse()?);
    }
    let session = client.create_session(&identity, &request).await?;
    let caller = sts.caller_identity(&(&session).into()).await?;
    println!("{} until {}", caller.arn, session.expiration);
    Ok(())
}
