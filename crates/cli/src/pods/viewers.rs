use std::sync::Arc;

use http::header::HeaderName;
use http::{HeaderMap, StatusCode};
use refresh::Clock;
use secrecy::SecretString;
use serde_json::json;

use super::plan::Plan;
use super::verifier::Verifier;
use crate::daemon::Page;
use crate::k8s::Access;

/// Who may see which accounts are known: whoever has a token of a service account
/// of our own namespace, for an audience that is good for nothing else. The API
/// server, by which they come, takes its own authorization off and says nothing of
/// who they are.
pub(super) struct Viewers {
    verifier: Arc<Verifier>,
    namespace: String,
}

impl Viewers {
    pub(super) fn new(plan: &Plan, access: &Access, clock: Arc<dyn Clock>) -> Self {
        let cluster = access.cluster.clone();
        let audience = VIEW_AUDIENCE.to_owned();
        Self {
            verifier: Arc::new(Verifier::new(cluster, audience, plan.method, clock)),
            namespace: access.own_namespace.clone(),
        }
    }

    /// A page that says no, where it is not one of them who asks.
    pub(super) async fn admit(&self, headers: &HeaderMap) -> Result<(), Page> {
        let shown = headers.get(VIEW_HEADER).and_then(|it| it.to_str().ok());
        let Some(shown) = shown else {
            let why = format!("{VIEW_HEADER} has no token");
            return Err(refused(StatusCode::UNAUTHORIZED, &why));
        };
        let proven = self.verifier.verify(&SecretString::from(shown)).await;
        let proven =
            proven.map_err(|refusal| refused(StatusCode::FORBIDDEN, &refusal.to_string()))?;
        let account = &proven.token.account;
        if account.namespace() == self.namespace {
            return Ok(());
        }
        let why = format!("{account} is of another namespace than {}", self.namespace);
        Err(refused(StatusCode::FORBIDDEN, &why))
    }
}

/// In the words of the Kubernetes API, so that it reads as what it is to whoever
/// asks through that.
fn refused(status: StatusCode, why: &str) -> Page {
    let document = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": why,
        "reason": "Forbidden",
        "code": status.as_u16(),
    });
    Page::json(status, &document)
}

/// Of tokens that show the accounts of an agent or a broker.
pub(super) const VIEW_AUDIENCE: &str = "iamra.dev/pods";
/// Where such a token is.
pub(super) const VIEW_HEADER: HeaderName = HeaderName::from_static("iamra-token");
