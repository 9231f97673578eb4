use std::slice;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::{Attempt, mount_accessor};
use crate::kubernetes::{Cluster, TokenClaims};
use crate::vault::{Policy, VaultError};

/// A role of the Kubernetes login, and where that is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KubernetesRole {
    /// Where the login is mounted, below `auth/`.
    pub mount: String,
    /// The role's name.
    pub name: String,
    /// The service account that may log in; `*` at the end stands for anything.
    pub bound_service_account_name: String,
    /// The namespace of that service account; `*` at the end stands for anything.
    pub bound_service_account_namespace: String,
    /// The audience that its token must have.
    pub audience: String,
    /// What the role's tokens may do, instead of
    /// [`Settings::policy`](crate::Settings::policy); the policy then has the role's
    /// name.
    pub policy: Option<Policy>,
}

impl KubernetesRole {
    /// A role for the service account `iamra` in the namespace `apps`, with the
    /// audience `vault`.
    pub fn named(name: &str) -> Self {
        Self {
            mount: "kubernetes".into(),
            name: name.to_owned(),
            bound_service_account_name: "iamra".into(),
            bound_service_account_namespace: "apps".into(),
            audience: "vault".into(),
            policy: None,
        }
    }

    /// The role `pods`, for pod identity: any service account logs in with the
    /// token that its pod has for AWS, and may have a certificate signed by the
    /// PKI role of the same name.
    pub fn pods() -> Self {
        Self {
            bound_service_account_name: "*".into(),
            bound_service_account_namespace: "*".into(),
            audience: "pods.eks.amazonaws.com".into(),
            policy: Some(Policy::sign_only("pods")),
            ..Self::named("pods")
        }
    }

    /// The accessor of the mount, by which templates name it: always the same for
    /// the same mount.
    pub fn accessor(&self) -> String {
        mount_accessor("kubernetes", &self.mount)
    }
}

/// The role that a login names, among those of its mount.
pub(super) fn role<'a>(
    attempt: Attempt<'_>,
    mut roles: impl Iterator<Item = &'a KubernetesRole>,
) -> Result<&'a KubernetesRole, VaultError> {
    let name = attempt.fields.text("role")?;
    if name.is_empty() {
        return Err(VaultError::bad_request("missing role"));
    }
    if attempt.fields.text("jwt")?.is_empty() {
        return Err(VaultError::bad_request("missing jwt"));
    }
    roles
        .find(|role| role.name == name)
        .ok_or_else(|| VaultError::bad_request(format!("invalid role name \"{name}\"")))
}

/// Checks claims and then whether the cluster knows the token, in the order of
/// the real one.
pub(super) fn check(
    attempt: Attempt<'_>,
    role: &KubernetesRole,
    cluster: &Cluster,
) -> Result<(String, Value), VaultError> {
    let Attempt { fields, now, .. } = attempt;
    let jwt = fields.text("jwt")?;
    let jwt = jwt.trim();
    let claims = TokenClaims::read(jwt).ok_or_else(VaultError::permission_denied)?;
    check_claims(&claims, role, now)?;
    // Whatever the review says, the real one tells nobody.
    let reviewed = cluster
        .review(jwt, slice::from_ref(&role.audience), now)
        .map_err(|_| VaultError::permission_denied())?;
    let TokenClaims {
        account, namespace, ..
    } = reviewed.claims;
    let metadata = json!({
        "role": role.name,
        "service_account_name": account.name,
        "service_account_namespace": namespace,
        "service_account_secret_name": "",
        "service_account_uid": account.uid,
    });
    Ok((account.uid, metadata))
}

fn check_claims(
    claims: &TokenClaims,
    role: &KubernetesRole,
    now: SystemTime,
) -> Result<(), VaultError> {
    let text = if claims.expires <= now {
        "invalid expiration time (exp) claim: token is expired"
    } else if now < claims.not_before {
        "invalid not before (nbf) claim: token not yet valid"
    } else if !claims.audiences.contains(&role.audience) {
        "invalid audience (aud) claim: audience claim does not match any expected audience"
    } else if !fits(&role.bound_service_account_namespace, &claims.namespace) {
        "namespace not authorized"
    } else if !fits(&role.bound_service_account_name, &claims.account.name) {
        "service account name not authorized"
    } else {
        return Ok(());
    };
    Err(VaultError::forbidden(text))
}

fn fits(bound: &str, actual: &str) -> bool {
    match bound.strip_suffix('*') {
        Some(prefix) => actual.starts_with(prefix),
        None => bound == actual,
    }
}
