use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use k8s_sinks::kubernetes::{ListedPod, PodAddress};
use secrecy::SecretString;

use super::broker::PODS_PAGE;
use super::roster::Roster;
use super::viewers::{VIEW_AUDIENCE, VIEW_HEADER};
use crate::context::Context;
use crate::failure::Failure;
use crate::k8s::Access;

/// Asks agents and brokers what they know, by the API server, which reaches them.
pub(crate) struct Survey<'a> {
    access: &'a Access,
    /// Shows that we may see it.
    proof: SecretString,
}

impl<'a> Survey<'a> {
    /// Has the cluster make the token that they want to see.
    pub(crate) async fn begin(context: &Context<'_>, access: &'a Access) -> Result<Self, Failure> {
        let account = context.settings.text("viewer-account")?;
        let account = account.as_deref().unwrap_or(VIEWER);
        let own = &access.own_namespace;
        let proof =
            access
                .cluster
                .request_token((own, account), (VIEW_AUDIENCE, TOKEN_LIFETIME), None);
        Ok(Self {
            proof: access.told(proof.await).await?,
            access,
        })
    }

    /// What they know, each or why not; in the order of the pods.
    pub(crate) async fn of_all(&self, pods: &[ListedPod]) -> Vec<Result<Roster, Failure>> {
        let asked = stream::iter(pods).map(|pod| async {
            let roster = self.of(pod).await;
            roster.map_err(|failure| failure.about(&place(pod)))
        });
        asked.buffered(AT_ONCE).collect().await
    }

    /// What one of them knows.
    pub(crate) async fn of(&self, pod: &ListedPod) -> Result<Roster, Failure> {
        let port = pod.ports.get("metrics").ok_or_else(|| {
            let message = "it has no port of the name metrics: it was not made by what k8s manifests \
                           --pods prints, or by an older version of it";
            Failure::configuration("pods.unseen", message)
        })?;
        let address = PodAddress {
            namespace: &self.access.own_namespace,
            pod: &pod.name,
            port: *port,
            path: PODS_PAGE,
        };
        let shown = (VIEW_HEADER, &self.proof);
        let answer = self.access.cluster.through_pod(address, shown, PATIENCE);
        let answer = self.access.told(answer.await).await?;
        serde_json::from_slice(&answer).map_err(|error| {
            let message = format!("its answer is not understood: {error}");
            Failure::new("pods.unseen", refresh::FaultKind::Failed, message)
        })
    }
}

/// The agents and brokers of our own namespace.
pub(crate) async fn agents_and_brokers(access: &Access) -> Result<Vec<ListedPod>, Failure> {
    let mut all = agents(access).await?;
    all.extend(listed(access, "broker").await?);
    Ok(all)
}

/// The agents alone.
pub(crate) async fn agents(access: &Access) -> Result<Vec<ListedPod>, Failure> {
    listed(access, "agent").await
}

/// By the labels that `k8s manifests --pods` gives them.
async fn listed(access: &Access, component: &str) -> Result<Vec<ListedPod>, Failure> {
    let labels = format!("app.kubernetes.io/name=iamra,app.kubernetes.io/component={component}");
    let listed = access.cluster.pods(&access.own_namespace, &labels).await;
    let mut listed = access.told(listed).await?;
    listed.retain(|pod| !pod.is_over);
    Ok(listed)
}

fn place(pod: &ListedPod) -> String {
    match &pod.node {
        Some(node) => format!("{} on {node}", pod.name),
        None => pod.name.clone(),
    }
}

const VIEWER: &str = "iamra-agent";
/// The least that Kubernetes gives.
const TOKEN_LIFETIME: Duration = Duration::from_secs(600);
const PATIENCE: Duration = Duration::from_secs(10);
const AT_ONCE: usize = 16;
