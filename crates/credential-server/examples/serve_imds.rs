//! Hands out the credentials of one made-up role as the metadata service does,
//! and as a container's endpoint does. `cargo run --example serve_imds`, then
//!
//! ```console
//! $ export AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:9911/
//! $ export AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:9911/creds
//! $ export AWS_CONTAINER_AUTHORIZATION_TOKEN=example
//! ```

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use credential_server::{
    Authorization, Broker, Caller, ContainerRoute, CredentialRequest, CredentialServer, Doors,
    ErrorFormat, HandOut, Instance, Listener, Refusal, Settings,
};
use refresh::{Clock as _, SystemClock};

/// A real broker keeps its credentials fresh and asks who wants them.
struct OneRole(Arc<HandOut>, Arc<Instance>);

impl Broker for OneRole {
    async fn credentials(&self, _: &CredentialRequest<'_>) -> Result<Arc<HandOut>, Refusal> {
        Ok(self.0.clone())
    }

    async fn instance(&self, _: &Caller<'_>) -> Result<Arc<Instance>, Refusal> {
        Ok(self.1.clone())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let now = SystemClock.now();
    let end = now + Duration::from_secs(24 * 3600);
    let token = Some("example-session-token".repeat(40));
    let credentials = Credentials::new("ASIAEXAMPLE", "example", token, Some(end), "example");
    let instance = Instance {
        role: "example".to_owned(),
        region: Some("eu-central-1".to_owned()),
        ..Instance::default()
    };
    let broker = OneRole(
        Arc::new(HandOut::new(credentials, now)?),
        Arc::new(instance),
    );
    let settings = Settings {
        routes: vec![ContainerRoute {
            path: "/creds".to_owned(),
            label: "example".to_owned(),
            authorization: Authorization::fixed("example".into()),
            errors: ErrorFormat::Json,
        }],
        ..Settings::default()
    };
    let server = CredentialServer::new(broker, Arc::new(SystemClock), settings)?;
    let socket = tokio::net::TcpListener::bind("127.0.0.1:9911").await?;
    match server.serve(vec![Listener::tcp(socket, Doors::ALL)]).await {}
}
