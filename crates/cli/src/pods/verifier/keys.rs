use std::sync::Arc;
use std::time::{Duration, SystemTime};

use credential_server::Refusal;
use k8s_sinks::kubernetes::Cluster;
use pod_identity::SigningKeys;
use secrecy::SecretString;
use tokio::sync::Mutex;

use crate::pods::refusals;

/// The cluster's keys, asked for again when they are old, or a token is of a key
/// that is not among them.
pub(super) struct Keys {
    cluster: Cluster,
    held: Mutex<Option<Held>>,
}

struct Held {
    keys: Arc<SigningKeys>,
    /// When the cluster was asked last, well or badly.
    asked_at: SystemTime,
}

impl Keys {
    pub(super) fn new(cluster: Cluster) -> Self {
        Self {
            cluster,
            held: Mutex::default(),
        }
    }

    /// Those that are to know this token. Old ones do where the cluster cannot
    /// be asked: a key that is gone from the list is rare, an outage is not.
    pub(super) async fn for_token(
        &self,
        token: &SecretString,
        now: SystemTime,
    ) -> Result<Arc<SigningKeys>, Refusal> {
        let mut held = self.held.lock().await;
        if let Some(held) = &*held
            && !held.is_old(token, now)
        {
            return Ok(Arc::clone(&held.keys));
        }
        let asked = tokio::time::timeout(PATIENCE, self.asked()).await;
        match asked.unwrap_or_else(|_| Err("not in time".to_owned())) {
            Ok(keys) => {
                let keys = Arc::new(keys);
                *held = Some(Held {
                    keys: Arc::clone(&keys),
                    asked_at: now,
                });
                Ok(keys)
            }
            Err(error) => {
                tracing::warn!(error, "the cluster's keys could not be had");
                let known = held.as_mut().map(|held| {
                    // Half a life later, they are asked for again.
                    held.asked_at = now.checked_sub(LIFE / 2).unwrap_or(now);
                    Arc::clone(&held.keys)
                });
                known.ok_or_else(|| refusals::unavailable("The cluster's keys are not known yet"))
            }
        }
    }

    async fn asked(&self) -> Result<SigningKeys, String> {
        let document = self.cluster.service_account_keys().await;
        let document = document.map_err(|error| error.to_string())?;
        SigningKeys::parse(&document).map_err(|error| error.to_string())
    }
}

impl Held {
    fn is_old(&self, token: &SecretString, now: SystemTime) -> bool {
        // A clock that was set back makes them old.
        let age = now.duration_since(self.asked_at).unwrap_or(LIFE);
        age >= LIFE || (age >= LEAST_LIFE && !self.keys.has_key_of(token))
    }
}

/// After which a key that was taken away is no longer believed.
const LIFE: Duration = Duration::from_mins(10);
/// Tokens of keys that nobody knows have the cluster asked this often at most.
const PATIENCE: Duration = Duration::from_secs(3);
const LEAST_LIFE: Duration = Duration::from_secs(10);
