use std::sync::{PoisonError, RwLock};

use ecr_auth::{RegistryHost, RegistryLogin};

use crate::context::Context;
use crate::ecr::Registries;
use crate::failure::Failure;

/// The registries that a Secret is for.
///
/// Those that the settings name; where they name none, the one that the token is
/// for is not known before there is a token.
#[derive(Debug)]
pub(super) struct Served {
    hosts: RwLock<Vec<RegistryHost>>,
    is_configured: bool,
}

impl Served {
    pub(super) fn configured(context: &Context<'_>) -> Result<Self, Failure> {
        let hosts = Registries::hosts(context)?;
        Ok(Self {
            is_configured: !hosts.is_empty(),
            hosts: RwLock::new(hosts),
        })
    }

    /// Takes note of what the token is for.
    pub(super) fn learn(&self, logins: &[RegistryLogin]) {
        if self.is_configured {
            return;
        }
        let logins = logins.iter();
        let learned = logins.filter_map(|login| login.host().parse().ok());
        *self.hosts.write().unwrap_or_else(PoisonError::into_inner) = learned.collect();
    }

    /// Whether a key of a docker config, in whatever spelling, is one of them.
    pub(super) fn has(&self, key: &str) -> bool {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        hosts.iter().any(|host| host.is_key_of(key))
    }
}
