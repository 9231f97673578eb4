use pod_identity::{Association, Fingerprint, PodToken};
use refresh::FaultKind;
use rolesanywhere::{Identity, Session};
use secrecy::{ExposeSecret as _, SecretString};

use super::aws::PodAws;
use super::plan::Plan;
use super::proof::Proof;
use super::vault::PodVault;
use super::verifier::Proven;
use crate::context::Context;
use crate::failure::Failure;
use crate::vault::VaultPipeline;

/// What an agent would do for a pod, for those who look for what is in the way:
/// nothing is kept.
pub(crate) struct Rehearsal {
    plan: Plan,
    vault: PodVault,
    aws: PodAws,
}

impl Rehearsal {
    /// From the settings of an agent; connects to nobody.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let plan = Plan::new(context)?;
        Ok(Self {
            vault: PodVault::new(context, plan.cluster.clone())?,
            aws: PodAws::new(context)?,
            plan,
        })
    }

    /// Has a certificate signed with the token of a pod.
    pub(crate) fn pipeline(
        &self,
        context: &Context<'_>,
        token: &SecretString,
    ) -> Result<VaultPipeline, Failure> {
        let read = PodToken::read(token, &self.plan.audience, context.now());
        let read =
            read.map_err(|fault| Failure::new("pods.token-refused", FaultKind::Denied, fault))?;
        let proven = Proven {
            fingerprint: Fingerprint::of(token.expose_secret()),
            token: read,
        };
        let proof = Proof::new(&proven, token);
        self.vault.pipeline(&proven.token.account, &proof)
    }

    /// Opens a session of the role, with such a certificate.
    pub(crate) async fn session(
        &self,
        identity: &Identity,
        role: &Association,
    ) -> Result<Session, Failure> {
        let request = self.aws.request(role)?;
        self.aws.open(identity, &request).await
    }
}
