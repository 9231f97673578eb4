use std::slice;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::Attempt;
use crate::kubernetes::{Cluster, TokenClaims};
use crate::vault::VaultError;

/// The Kubernetes login and its one role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KubernetesRole {
    /// Where the login is mounted, below `auth/`.
    pub mount: String,
    /// The role's name.
    pub name: String,
    /// The service account that may log in.
    pub bound_service_account_name: String,
    /// The namespace of that service account.
    pub bound_service_account_namespace: String,
    /// The audience that its token must have.
    pub audience: String,
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
        }
    }
}

/// Checks role, claims and then the signature, in the order of the real one.
pub(super) fn check(
    attempt: Attempt<'_>,
    role: &KubernetesRole,
    cluster: &Cluster,
) -> Result<(String, Value), VaultError> {
    let Attempt { fields, now, .. } = attempt;
    let (name, jwt) = (fields.text("role")?, fields.text("jwt")?);
    if name.is_empty() {
        return Err(VaultError::bad_request("missing role"));
    }
    if jwt.is_empty() {
        return Err(VaultError::bad_request("missing jwt"));
    }
    if name != role.name {
        return Err(VaultError::bad_request(format!(
            "invalid role name \"{name}\""
        )));
    }
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
    } else if claims.namespace != role.bound_service_account_namespace {
        "namespace not authorized"
    } else if claims.account.name != role.bound_service_account_name {
        "service account name not authorized"
    } else {
        return Ok(());
    };
    Err(VaultError::forbidden(text))
}
