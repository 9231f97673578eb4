//! Every setting there is: the one list that flags, variables, config file and
//! reference come from.

mod aws;
mod chain;
mod daemon;
mod files;
mod general;
mod identity;
mod serve;
mod setup;
pub(crate) mod sidecar;
mod vault;

pub use aws::*;
pub use chain::*;
pub use daemon::*;
pub use files::*;
pub use general::*;
pub use identity::*;
pub use serve::*;
pub use setup::*;
pub use vault::*;

use crate::setting::{Group, Setting};

/// Every group of settings, in the order of the reference.
pub static ALL: &[&Group] = &[
    &GENERAL,
    &OUTPUT,
    &DOCTOR,
    &SESSION,
    &ROLE_CHAIN,
    &AWS_CONNECTION,
    &CONTAINER_ENDPOINT,
    &PEM_FILES,
    &KEY_FILE,
    #[cfg(feature = "spiffe")]
    &WORKLOAD_API,
    &TRUST_ANCHOR_FILE,
    &TRUST_ANCHOR_EXPORT,
    &CERTIFICATE_REQUEST,
    &VAULT_LOGIN,
    &VAULT_CONNECTION,
    &PROXIES,
    &CREDENTIALS_FILES,
    &VARIABLES,
    &CERTIFICATE_FILES,
    &FILE_MODES,
    &KEEP_INODE,
    &SESSION_CACHE,
    &IDENTITY_CACHE,
    &IF_DUE,
    &WATCH,
    &ONCE,
    &HOOKS,
    &SERVE,
    &SERVE_BEYOND,
    &EXEC,
    &MONITOR,
    &HEALTH_PORT,
    &PROBE,
    &SETUP,
];

/// Every setting.
pub(crate) fn all() -> impl Iterator<Item = &'static Setting> {
    ALL.iter().flat_map(|group| group.settings)
}

/// The setting of that name.
///
/// # Panics
/// Where there is none: names are constants of this crate, and a test reads
/// them all.
pub(crate) fn named(name: &str) -> &'static Setting {
    let found = all().find(|setting| setting.name == name);
    found.unwrap_or_else(|| unreachable!("there is no setting {name}"))
}
