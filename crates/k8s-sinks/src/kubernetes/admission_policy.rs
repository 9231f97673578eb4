use kube::core::params::GetParams;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Error;
use super::cluster::{Call, Cluster};
use super::resource::{ADMISSION_BINDINGS, ADMISSION_POLICIES, Resource};

/// How a `ValidatingAdmissionPolicy` and the binding of its name stand.
///
/// [Validating admission policy](https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/)
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PolicyState {
    /// What it does not allow is refused.
    InForce,
    /// There is none, or the cluster knows no such thing.
    Missing,
    /// Nothing binds it.
    Unbound,
    /// It is there, and lets pass what it does not allow.
    Toothless,
}

#[derive(Deserialize)]
struct Policy {
    spec: PolicySpec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicySpec {
    failure_policy: Option<String>,
}

#[derive(Deserialize)]
struct Binding {
    spec: BindingSpec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BindingSpec {
    #[serde(default)]
    policy_name: String,
    #[serde(default)]
    validation_actions: Vec<String>,
}

impl Cluster {
    /// Whether the policy of this name, and the binding of the same name, keep
    /// somebody to something.
    pub async fn policy_state(&self, name: &str) -> Result<PolicyState, Error> {
        let Some(policy) = self.named::<Policy>(ADMISSION_POLICIES, name).await? else {
            return Ok(PolicyState::Missing);
        };
        let binding = self.named::<Binding>(ADMISSION_BINDINGS, name).await?;
        let binding = binding.filter(|binding| binding.spec.policy_name == name);
        Ok(binding.map_or(PolicyState::Unbound, |binding| state(&policy, &binding)))
    }

    async fn named<T: DeserializeOwned>(
        &self,
        resource: Resource,
        name: &str,
    ) -> Result<Option<T>, Error> {
        let request = resource.requests(None);
        let request = request.get(name, &GetParams::default());
        let call = Call::new(resource.right("get", None, Some(name)), request)?;
        match self.find(&call).await {
            // Of an API that is not there, some servers say no more than that.
            Err(Error::Unexplained { status: 404, .. }) => Ok(None),
            found => found,
        }
    }
}

fn state(policy: &Policy, binding: &Binding) -> PolicyState {
    let failure_policy = policy.spec.failure_policy.as_deref();
    let mut actions = binding.spec.validation_actions.iter();
    let denies = actions.any(|action| action == "Deny");
    // Without a word it is Fail.
    if denies && matches!(failure_policy, None | Some("Fail")) {
        PolicyState::InForce
    } else {
        PolicyState::Toothless
    }
}
