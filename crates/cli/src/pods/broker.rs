use std::convert::Infallible;
use std::sync::Arc;

use credential_server::{
    Broker, Caller, CredentialRequest, Door, HandOut, Instance, Presented, Refusal,
};
use http::{HeaderMap, Method, StatusCode};
use pod_identity::{Association, ClusterName, TokenFault};
use refresh::Clock;

use super::accounts::Accounts;
use super::aws::PodAws;
use super::callers::Callers;
use super::copies;
use super::directory::Directory;
use super::errand::Errand;
use super::plan::{MOST_ACCOUNTS, Plan};
use super::refusals;
use super::roster::Roster;
use super::sharing::Sharing;
use super::siblings::Siblings;
use super::vault::PodVault;
use super::verifier::{Proven, Verifier};
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
    sharing: Sharing,
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
        sharing: Sharing,
    ) -> Result<Self, Failure> {
        let clock = || Arc::clone(&context.clock);
        let cluster = || access.cluster.clone();
        let audience = plan.audience.clone();
        let vault = PodVault::new(context, plan.cluster.clone())?;
        let mut aws = PodAws::new(context)?;
        if plan.is_of_broker {
            aws = aws.of_few();
        }
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
                sharing.clone(),
                (plan.most_accounts.unwrap_or(MOST_ACCOUNTS), clock()),
            ),
            sharing,
            viewers: Viewers::new(plan, access, clock()),
            cluster: plan.cluster.clone(),
            clock: clock(),
        })
    }

    /// Does what is to be done beside answering, for as long as this is awaited.
    pub(crate) async fn keep(&self) -> Infallible {
        tokio::select! {
            never = self.directory.keep() => never,
            never = self.keep_shared() => never,
        }
    }

    async fn keep_shared(&self) -> Infallible {
        match &self.sharing {
            Sharing::Alone => std::future::pending().await,
            Sharing::WithBrokers(brokers) => brokers.keep().await,
            Sharing::AmongBrokers(siblings) => tokio::select! {
                never = siblings.keep() => never,
                never = self.share_quota(siblings) => never,
                never = copies::keep(&self.accounts, siblings, &*self.clock) => never,
            },
        }
    }

    /// Follows how many replicas have the quota of sessions between them.
    async fn share_quota(&self, siblings: &Siblings) -> Infallible {
        let mut ready = siblings.ready();
        loop {
            if let Some(ready) = &*ready.borrow_and_update() {
                self.accounts.share_quota(ready.len());
            }
            // The sender is the siblings' own: it does not go away.
            let _ = ready.changed().await;
        }
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

impl PodBroker {
    /// What was asked for by that path.
    async fn wanted(
        &self,
        (request, token): (&CredentialRequest<'_>, Presented<'_>),
        proven: &Proven,
        association: &Arc<Association>,
    ) -> Result<Arc<HandOut>, Refusal> {
        let accounts = &self.accounts;
        let Door::Container { path, .. } = request.door else {
            return Err(Refusal::NotFound);
        };
        let errand = Errand::read((request.method, path), request.query);
        match errand.ok_or(Refusal::NotFound)? {
            Errand::Credentials => {
                let wanted = accounts.credentials((proven, token), association);
                let (account, hand_out) = wanted.await?;
                // Nothing is in the answer to a HEAD.
                if request.method != Method::HEAD {
                    account.moments().handed_out = Some(self.clock.now());
                    audit::handed_to_pod(&proven.token, &hand_out, &request.caller);
                }
                Ok(hand_out)
            }
            Errand::Held { key } => {
                let held = accounts.held(&proven.token.account, association, &key);
                let held = held.ok_or(Refusal::NotFound)?;
                audit::copied(&proven.token.account, &held, &request.caller);
                Ok(held)
            }
            Errand::Copy { key, end } => {
                let copy = accounts.take_copy((proven, token), association, (&key, end));
                Box::pin(copy).await
            }
        }
    }
}

impl Broker for PodBroker {
    async fn credentials(&self, request: &CredentialRequest<'_>) -> Result<Arc<HandOut>, Refusal> {
        self.callers.admit(request.caller.peer, self.clock.now())?;
        let token = request.presented;
        let token = token.ok_or_else(|| refusals::token(&TokenFault::Empty))?;
        let proven = self.verifier.verify(token).await?;
        let association = self.directory.role_of(&proven.token.account).await?;
        self.wanted((request, token), &proven, &association).await
    }

    /// A pod is no instance.
    async fn instance(&self, _: &Caller<'_>) -> Result<Arc<Instance>, Refusal> {
        Err(Refusal::NotFound)
    }
}

/// Where that is, on the listener of metrics.
pub(super) const PODS_PAGE: &str = "/pods";
