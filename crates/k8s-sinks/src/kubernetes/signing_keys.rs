use http::Request;
use serde::Deserialize;

use super::cluster::{Call, Cluster};
use super::{Error, Right};

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
}

/// What a cluster publishes about the tokens of its service accounts.
///
/// Every service account may ask for it, by the `ClusterRole`
/// `system:service-account-issuer-discovery`, unless somebody has unbound that.
impl Cluster {
    /// The public keys that verify service accounts' tokens, as a JSON Web Key Set
    /// ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517#section-5)): for those
    /// who look at many tokens and have each of them reviewed once only.
    ///
    /// That a signature is good does not say that its pod is still there; only
    /// [`Cluster::review_token`] does. The keys change when the cluster rotates
    /// them: ask again where a token names one that is not among them.
    ///
    /// [Issuer discovery](https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery)
    pub async fn service_account_keys(&self) -> Result<Vec<u8>, Error> {
        let mut keys = self.bytes(&published(KEYS)?).await?;
        if keys.len() > LARGEST_KEYS {
            return Err(Error::Unusable {
                what: right(KEYS).to_string(),
                reason: format!("it is larger than {LARGEST_KEYS} bytes"),
            });
        }
        Ok(std::mem::take(&mut *keys))
    }

    /// Who signs service accounts' tokens, as their claim `iss` has it: what tells
    /// this cluster's tokens from another's.
    ///
    /// [Issuer discovery](https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery)
    pub async fn service_account_issuer(&self) -> Result<String, Error> {
        let discovery: Discovery = self.read(&published(DISCOVERY)?).await?;
        Ok(discovery.issuer)
    }
}

fn published(path: &'static str) -> Result<Call, Error> {
    let request = Request::get(path).body(Vec::new());
    let request = request.map_err(kube::core::request::Error::BuildRequest);
    Call::new(right(path), request)
}

fn right(path: &'static str) -> Right {
    Right {
        verb: "get",
        group: "",
        resource: path,
        namespace: None,
        name: None,
    }
}

const KEYS: &str = "/openid/v1/jwks";
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Hundreds of keys; a cluster has one, and two for a while.
const LARGEST_KEYS: usize = 256 * 1024;
