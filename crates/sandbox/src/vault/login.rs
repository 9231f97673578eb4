use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::VaultError;
use super::fields::Fields;
use super::service_account::TokenReview;
use crate::ledger::Ledger;
use crate::{Error, RequestParts};

mod kubernetes;

pub use kubernetes::KubernetesRole;

/// The logins that are set up.
#[derive(Debug)]
pub(crate) struct Logins {
    pub(crate) kubernetes_role: KubernetesRole,
    pub(crate) token_review: TokenReview,
}

/// Somebody who proved who they are.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) policies: Vec<String>,
    pub(super) metadata: Value,
    pub(super) ttl: Duration,
    pub(super) max_ttl: Duration,
}

impl Logins {
    /// One Kubernetes role, and a cluster to review its tokens.
    pub(crate) fn new(kubernetes_role: KubernetesRole) -> Result<Self, Error> {
        Ok(Self {
            kubernetes_role,
            token_review: TokenReview::new()?,
        })
    }

    /// Whether there is a login at a mount.
    pub(super) fn has(&self, mount: &str) -> bool {
        mount == self.kubernetes_role.mount
    }

    /// Checks a login.
    pub(super) fn check(
        &self,
        request: &RequestParts,
        now: SystemTime,
        ledger: &Ledger,
    ) -> Result<Identity, VaultError> {
        if !["POST", "PUT"].contains(&request.method.as_str()) {
            return Err(VaultError::unsupported_operation());
        }
        let fields = Fields::read(request)?;
        ledger.note_secret(&fields.text("jwt")?);
        kubernetes::check(&fields, &self.kubernetes_role, &self.token_review, now)
    }
}
