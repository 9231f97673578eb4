use k8s_sinks::kubernetes::PolicyState;
use refresh::FaultKind;

use super::access::Access;
use super::rights::Purpose;
use super::scopes::Scopes;
use crate::context::Context;
use crate::explanation::kubernetes;
use crate::failure::Failure;

/// What keeps our service account to its Secrets where it may write in every
/// namespace: a role can limit neither the creation of Secrets to a name, nor a
/// change to a field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Guard {
    /// Roles are enough: it writes in namespaces that are named. Or it is one
    /// pass, which may not look, and does not when it is made either.
    NotNeeded,
    /// An operator wants none.
    NotWanted,
    /// The policy of this name is in force.
    InForce(String),
}

impl Guard {
    /// Refuses where there should be a policy and none is in force.
    pub(crate) async fn check(
        context: &Context<'_>,
        access: &Access,
        scopes: &Scopes,
    ) -> Result<Self, Failure> {
        if !scopes.is_cluster_wide() || scopes.whole().purpose == Purpose::Sync {
            return Ok(Self::NotNeeded);
        }
        if context.settings.switch("accept-broad-rbac")? {
            return Ok(Self::NotWanted);
        }
        let name = scopes.whole().name_beyond();
        let own = &scopes.whole().own_namespace;
        let state = access.cluster.policy_state(&name, own).await;
        let why = match access.told(state).await? {
            PolicyState::InForce => return Ok(Self::InForce(name)),
            PolicyState::Unbound => "has no binding of its name",
            PolicyState::Toothless => {
                "lets pass what it does not allow: failurePolicy must be Fail, validationActions Deny, and \
                 matchConditions must mean whoever this is run as"
            }
            _ => "is not there",
        };
        let message = format!(
            "the service account may write Secrets in every namespace, and the ValidatingAdmissionPolicy \
             {name}, which keeps it to those of this configuration, {why}"
        );
        Err(
            Failure::new("kubernetes.no-policy", FaultKind::Denied, message)
                .with_hint(kubernetes::NO_POLICY.fix),
        )
    }
}
