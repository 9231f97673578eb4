use super::auth_method::AuthMethod;
use super::plan::Plan;
use super::workload::{Account, Who};

/// What the cluster has to have, for `kubectl apply`: the workloads' accounts,
/// and the right to ask about tokens, for whoever asks.
pub(super) fn manifest(plan: &Plan, reviewer: &Account) -> String {
    let is_elsewhere = matches!(plan.method, Some(AuthMethod::Cluster { .. }));
    let mut documents: Vec<String> = plan.workloads.iter().filter_map(account).collect();
    #[cfg(feature = "pods")]
    documents.extend(broker(plan));
    if is_elsewhere {
        documents.push(reviewer_account(reviewer));
    }
    documents.push(delegation(reviewer));
    let header = if is_elsewhere {
        elsewhere(reviewer)
    } else {
        HERE.to_owned()
    };
    documents.dedup();
    format!("{header}{}", documents.join("---\n"))
}

const HERE: &str = "\
# What the cluster needs, for kubectl apply. Vault runs in it, and asks it about tokens with the
# account that its pods have: --token-reviewer.
";

fn elsewhere(Account { name, namespace }: &Account) -> String {
    format!(
        "\
# What the cluster needs, for kubectl apply. Vault is elsewhere, and asks it about tokens with a
# token of its own, which is put into a file for the script:
#   umask 077
#   kubectl -n {namespace} get secret {name}-token -o jsonpath={{.data.token}} | base64 -d >reviewer.jwt
#   export REVIEWER_JWT_FILE=reviewer.jwt
"
    )
}

/// What else an account that is there has, stays: its pods may rely on it.
fn account(workload: &super::workload::Workload) -> Option<String> {
    let Who::ServiceAccount(Account { name, namespace }) = &workload.who else {
        return None;
    };
    Some(service_account(&workload.name, name, namespace))
}

#[cfg(feature = "pods")]
fn broker(plan: &Plan) -> Option<String> {
    let broker = plan.pods.as_ref()?.broker.as_ref()?;
    let Account { name, namespace } = broker.account();
    Some(service_account(&broker.common_name, &name, &namespace))
}

fn service_account(common_name: &str, name: &str, namespace: &str) -> String {
    format!(
        "\
# {common_name}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}
  namespace: {namespace}
"
    )
}

fn reviewer_account(Account { name, namespace }: &Account) -> String {
    format!(
        "\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}
  namespace: {namespace}
automountServiceAccountToken: false
---
# It lives until it is deleted: Vault has no other way to come by one.
apiVersion: v1
kind: Secret
metadata:
  name: {name}-token
  namespace: {namespace}
  annotations:
    kubernetes.io/service-account.name: {name}
type: kubernetes.io/service-account-token
"
    )
}

/// `system:auth-delegator` may ask whose a token is, and what somebody may do;
/// it may do nothing else.
fn delegation(Account { name, namespace }: &Account) -> String {
    format!(
        "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: iamra-token-reviewer
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:auth-delegator
subjects:
- kind: ServiceAccount
  name: {name}
  namespace: {namespace}
"
    )
}
