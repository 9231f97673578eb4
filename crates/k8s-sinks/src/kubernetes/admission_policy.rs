use std::time::Duration;

use kube::core::params::{GetParams, PostParams};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::json;

use super::Error;
use super::cluster::{Call, Cluster};
use super::resource::{ADMISSION_BINDINGS, ADMISSION_POLICIES, Resource, SECRETS};

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
    /// It is there, and lets pass what it does not allow: for everybody, or for
    /// whoever we are.
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
    /// Whether the policy of this name, and the binding of the same name, keep us
    /// from making a Secret in `namespace` that nobody wants. It is tried, and
    /// never made.
    pub async fn policy_state(&self, name: &str, namespace: &str) -> Result<PolicyState, Error> {
        let Some(policy) = self.named::<Policy>(ADMISSION_POLICIES, name).await? else {
            return Ok(PolicyState::Missing);
        };
        let binding = self.named::<Binding>(ADMISSION_BINDINGS, name).await?;
        let binding = binding.filter(|binding| binding.spec.policy_name == name);
        let state = binding.map_or(PolicyState::Unbound, |binding| state(&policy, &binding));
        if state == PolicyState::InForce && self.lets_pass(namespace).await? {
            return Ok(PolicyState::Toothless);
        }
        Ok(state)
    }

    /// Whether a Secret that no policy of ours allows could be made. A policy that
    /// is new takes the API server a moment to see.
    async fn lets_pass(&self, namespace: &str) -> Result<bool, Error> {
        for _ in 1..PROBES {
            if !self.lets_pass_now(namespace).await? {
                return Ok(false);
            }
            self.clock().sleep(BETWEEN_PROBES).await;
        }
        self.lets_pass_now(namespace).await
    }

    async fn lets_pass_now(&self, namespace: &str) -> Result<bool, Error> {
        let parameters = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        let secret = json!({"metadata": {"name": PROBE}, "type": PROBE_TYPE});
        let request = SECRETS.requests(Some(namespace));
        let request = request.create(&parameters, secret.to_string().into_bytes());
        let call = Call::new(SECRETS.right("create", Some(namespace), None), request)?;
        match self.read::<IgnoredAny>(&call).await {
            // That there is one already is told after all policies have been asked.
            Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(true),
            // By the policy; or by a role, a quota or a webhook, behind which
            // nothing can be told of it.
            Err(
                Error::Rejected { .. }
                | Error::Denied { .. }
                | Error::NotFound { .. }
                | Error::Terminating { .. },
            ) => Ok(false),
            Err(error) => Err(error),
        }
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

/// A Secret that nobody wants, by name and by type.
const PROBE: &str = "iamra-policy-probe";
const PROBE_TYPE: &str = "iamra.dev/policy-probe";

/// Ten seconds in all.
const PROBES: usize = 20;
const BETWEEN_PROBES: Duration = Duration::from_millis(500);
