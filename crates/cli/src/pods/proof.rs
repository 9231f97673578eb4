use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use credential_server::Presented;
use pod_identity::Fingerprint;
use secrecy::SecretString;
use vault_pki::{Error, JwtSource};

use super::verifier::Proven;

/// The token of a pod that Vault is shown for its account: the last one that was
/// verified. It is in memory, and nowhere else.
#[derive(Clone)]
pub(super) struct Proof(Arc<Mutex<Shown>>);

struct Shown {
    token: SecretString,
    fingerprint: Fingerprint,
}

impl Proof {
    pub(super) fn new(proven: &Proven, token: &SecretString) -> Self {
        Self(Arc::new(Mutex::new(Shown {
            token: token.clone(),
            fingerprint: proven.fingerprint,
        })))
    }

    /// A pod of the account is alive, and this is its token.
    pub(super) fn renew(&self, proven: &Proven, token: Presented<'_>) {
        let mut shown = self.shown();
        if shown.fingerprint != proven.fingerprint {
            *shown = Shown {
                token: token.to_secret(),
                fingerprint: proven.fingerprint,
            };
        }
    }

    /// The token.
    pub(super) fn token(&self) -> SecretString {
        self.shown().token.clone()
    }

    /// The same, and what it is known by.
    pub(super) fn shown_last(&self) -> (Fingerprint, SecretString) {
        let shown = self.shown();
        (shown.fingerprint, shown.token.clone())
    }

    fn shown(&self) -> std::sync::MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof([REDACTED])")
    }
}

#[async_trait]
impl JwtSource for Proof {
    /// The Kubernetes auth method takes what the JWT one takes.
    fn name(&self) -> &'static str {
        "kubernetes"
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn jwt(&self) -> Result<SecretString, Error> {
        Ok(self.token())
    }
}
