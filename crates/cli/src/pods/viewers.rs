use std::sync::Arc;
use std::time::Duration;

use credential_server::{Presented, Refusal};
use http::header::HeaderName;
use http::{HeaderMap, StatusCode};
use pod_identity::PodToken;
use refresh::Clock;
use secrecy::SecretString;
use serde_json::json;
use tokio::sync::Semaphore;

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
    turns: Semaphore,
    clock: Arc<dyn Clock>,
}

impl Viewers {
    pub(super) fn new(plan: &Plan, access: &Access, clock: Arc<dyn Clock>) -> Self {
        let cluster = access.cluster.clone();
        let audience = VIEW_AUDIENCE.to_owned();
        Self {
            verifier: Arc::new(Verifier::new(
                cluster,
                audience,
                plan.method,
                Arc::clone(&clock),
            )),
            namespace: access.own_namespace.clone(),
            turns: Semaphore::new(AT_ONCE),
            clock,
        }
    }

    /// A page that says no, where it is not one of them who asks.
    pub(super) async fn admit(&self, headers: &HeaderMap) -> Result<(), Page> {
        let shown = headers.get(VIEW_HEADER).and_then(|it| it.to_str().ok());
        let shown = shown.ok_or_else(|| forbidden(&format!("{VIEW_HEADER} has no token")))?;
        let token = SecretString::from(shown);
        self.look(&token).map_err(|why| forbidden(&why))?;
        // Whoever reaches the port may come with tokens that nobody has signed.
        let later = || {
            refused(
                StatusCode::SERVICE_UNAVAILABLE,
                "no token can be verified now",
            )
        };
        let _turn = self.turns.try_acquire().map_err(|_| later())?;
        let verified =
            tokio::time::timeout(PATIENCE, self.verifier.verify(Presented::new(shown))).await;
        match verified {
            Ok(Ok(_)) => Ok(()),
            Err(_) | Ok(Err(Refusal::Unavailable { .. })) => Err(later()),
            Ok(Err(refusal)) => Err(forbidden(&refusal.to_string())),
        }
    }

    /// What the token says of itself, before anybody is asked.
    fn look(&self, token: &SecretString) -> Result<(), String> {
        let read = PodToken::read(token, VIEW_AUDIENCE, self.clock.now());
        let account = read.map_err(|fault| fault.to_string())?.account;
        if account.namespace() == self.namespace {
            return Ok(());
        }
        Err(format!(
            "{account} is of another namespace than {}",
            self.namespace
        ))
    }
}

fn forbidden(why: &str) -> Page {
    refused(StatusCode::FORBIDDEN, why)
}

/// In the words of the Kubernetes API, so that it reads as what it is to whoever
/// asks through that.
fn refused(status: StatusCode, why: &str) -> Page {
    let document = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": why,
        "reason": match status {
            StatusCode::FORBIDDEN => "Forbidden",
            _ => "ServiceUnavailable",
        },
        "code": status.as_u16(),
    });
    Page::json(status, &document)
}

/// Of tokens that show the accounts of an agent or a broker.
pub(super) const VIEW_AUDIENCE: &str = "iamra.dev/pods";
/// Where such a token is.
pub(super) const VIEW_HEADER: HeaderName = HeaderName::from_static("iamra-token");
const AT_ONCE: usize = 4;
/// Less than a listener of metrics has for a request.
const PATIENCE: Duration = Duration::from_secs(3);
