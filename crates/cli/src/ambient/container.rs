use std::time::SystemTime;

use secrecy::ExposeSecret as _;

use super::{AmbientCredentials, Facts, Outcome};
use crate::context::Context;
use crate::failure::Failure;
use crate::session::{ContainerEndpoint, digest};

/// The endpoint of ECS, of EKS Pod Identity, or of another `iamra`.
pub(super) struct ContainerSource {
    /// What is wrong with its settings is said when it is its turn.
    endpoint: Result<Option<ContainerEndpoint>, Failure>,
}

impl ContainerSource {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self {
            endpoint: ContainerEndpoint::ambient(context),
        }
    }

    pub(super) async fn look(&self, now: SystemTime) -> Result<Outcome, Failure> {
        let Some(endpoint) = self.endpoint()? else {
            let why = "neither AWS_CONTAINER_CREDENTIALS_FULL_URI nor \
                       AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is set";
            return Ok(Outcome::NotHere(why.to_owned()));
        };
        let found = endpoint.obtain(now).await?;
        Ok(Outcome::Found(AmbientCredentials {
            access_key_id: found.access_key_id.clone(),
            secret_access_key: found.secret_access_key.clone(),
            session_token: Some(found.session_token.clone()),
            expires_at: Some(found.lifetime.end()),
            origin: "the container endpoint",
        }))
    }

    /// The address and whoever the token is: behind one address are many, as
    /// behind that of EKS Pod Identity all pods of a node.
    pub(super) fn facts(&self) -> Result<Option<Facts>, Failure> {
        let Some(endpoint) = self.endpoint()? else {
            return Ok(None);
        };
        let holder = match endpoint.token()? {
            Some(token) => holder(token.expose_secret()),
            None => String::new(),
        };
        let facts = Facts::default().with("container", &digest(endpoint.uri().as_bytes()));
        Ok(Some(facts.with("holder", &holder)))
    }

    fn endpoint(&self) -> Result<Option<&ContainerEndpoint>, Failure> {
        match &self.endpoint {
            Ok(endpoint) => Ok(endpoint.as_ref()),
            Err(failure) => Err(failure.again()),
        }
    }
}

/// Whom a token is about. A service account's is another one each hour, and its
/// subject stays; who lies about that gets what they had got before.
fn holder(token: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Claims {
        iss: String,
        sub: String,
    }
    match jsonwebtoken::dangerous::insecure_decode_claims::<Claims>(token.trim()) {
        Ok(claims) => Facts::default()
            .with("issuer", &claims.iss)
            .with("subject", &claims.sub)
            .into_text(),
        Err(_) => digest(token.trim().as_bytes()),
    }
}
