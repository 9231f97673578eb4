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

    /// The address with its token: behind one address are many, as behind that of
    /// EKS Pod Identity all pods of a node.
    pub(super) fn facts(&self) -> Result<Option<Facts>, Failure> {
        let Some(endpoint) = self.endpoint()? else {
            return Ok(None);
        };
        let token = endpoint.token()?;
        let token = token.map(|token| digest(token.expose_secret().trim().as_bytes()));
        let facts = Facts::default().with("container", &digest(endpoint.uri().as_bytes()));
        Ok(Some(facts.with("token", &token.unwrap_or_default())))
    }

    fn endpoint(&self) -> Result<Option<&ContainerEndpoint>, Failure> {
        match &self.endpoint {
            Ok(endpoint) => Ok(endpoint.as_ref()),
            Err(failure) => Err(failure.again()),
        }
    }
}
