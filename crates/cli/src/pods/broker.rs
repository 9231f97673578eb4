use std::convert::Infallible;
use std::sync::Arc;

use credential_server::{Broker, Caller, CredentialRequest, HandOut, Instance, Refusal};
use http::{HeaderMap, StatusCode};
use pod_identity::{ClusterName, TokenFault};
use refresh::Clock;

use super::accounts::Accounts;
use super::aws::PodAws;
use super::brokers::Brokers;
use super::callers::Callers;
use super::directory::Directory;
use super::plan::{MOST_ACCOUNTS, Plan};
use super::refusals;
use super::roster::Roster;
use super::vault::PodVault;
use super::verifier::Verifier;
use super::viewers::Viewers;
use crate::audit;
use crate::context::Context;
use crate::daemon::Page;
use crate::failure::Failure;
use crate::k8s::Access;

/// From a pod's token to the credentials of its account's role.
pub(crate) struct PodBroker {
    callers: Callers,
    verifier: Arc<Verifier>,
    directory: Arc<Directory>,
    accounts: Accounts,
    brokers: Option<Arc<Brokers>>,
    viewers: Viewers,
    cluster: ClusterName,
    clock: Arc<dyn Clock>,
}

impl PodBroker {
    /// From the settings; connects to nobody.
    pub(crate) fn new(
        context: &Context<'_>,
        plan: &Plan,
        access: &Access,
        brokers: Option<Brokers>,
    ) -> Result<Self, Failure> {
        let clock = || Arc::clone(&context.clock);
        let cluster = || access.cluster.clone();
        let audience = plan.audience.clone();
        let vault = PodVault::new(context, plan.cluster.clone())?;
        let mut aws = PodAws::new(context)?;
        if plan.is_of_broker {
            aws = aws.of_few();
        }
        let brokers = brokers.map(Arc::new);
        let kept = brokers.clone();
        Ok(Self {
            callers: Callers::new(plan.caller_rate),
            verifier: Arc::new(Verifier::new(cluster(), audience, plan.method, clock())),
            directory: Arc::new(Directory::new(
                cluster(),
                plan.domain.clone(),
                plan.associations.clone(),
                clock(),
            )?),
            accounts: Accounts::new(
                vault,
                aws,
                kept,
                (plan.most_accounts.unwrap_or(MOST_ACCOUNTS), clock()),
            ),
            brokers,
            viewers: Viewers::new(plan, access, clock()),
            cluster: plan.cluster.clone(),
            clock: clock(),
        })
    }

    /// Does what is to be done beside answering, for as long as this is awaited.
    pub(crate) async fn keep(&self) -> Infallible {
        let brokers = async {
            match &self.brokers {
                Some(brokers) => brokers.keep().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            never = self.directory.keep() => never,
            never = brokers => never,
        }
    }

    /// Shares the quota of sessions with so many replicas, itself among them.
    pub(crate) fn share_quota(&self, replicas: usize) {
        self.accounts.share_quota(replicas);
    }

    /// What it shows beside metrics: the accounts that it knows, to those who may
    /// see them.
    pub(crate) async fn page(&self, path: &str, headers: &HeaderMap) -> Option<Page> {
        if path != PODS_PAGE {
            return None;
        }
        if let Err(refused) = self.viewers.admit(headers).await {
            return Some(refused);
        }
        let roster = Roster {
            cluster: self.cluster.to_string(),
            accounts: self.accounts.known(),
        };
        Some(Page::json(StatusCode::OK, &roster))
    }

    /// How many accounts are known.
    pub(crate) fn accounts(&self) -> usize {
        self.accounts.len()
    }
}

impl Broker for PodBroker {
    async fn credentials(&self, request: &CredentialRequest<'_>) -> Result<Arc<HandOut>, Refusal> {
        self.callers.admit(request.caller.peer, self.clock.now())?;
        let token = request.presented;
        let token = token.ok_or_else(|| refusals::token(&TokenFault::Empty))?;
        let proven = self.verifier.verify(token).await?;
        let association = self.directory.role_of(&proven.token.account).await?;
        let accounts = &self.accounts;
        let hand_out = accounts.credentials(&proven, token, &association).await?;
        audit::handed_to_pod(&proven.token, &hand_out, &request.caller);
        Ok(hand_out)
    }

    /// A pod is no instance.
    async fn instance(&self, _: &Caller<'_>) -> Result<Arc<Instance>, Refusal> {
        Err(Refusal::NotFound)
    }
}

/// Where that is, on the listener of metrics.
pub(super) const PODS_PAGE: &str = "/pods";
