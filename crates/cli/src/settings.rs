//! Every setting there is: the one list that flags, variables, config file and
//! reference come from.

#[cfg(feature = "ecr")]
mod ambient;
mod aws;
mod chain;
mod daemon;
#[cfg(feature = "ecr")]
mod ecr;
mod files;
mod general;
mod identity;
#[cfg(feature = "kubernetes")]
mod k8s;
#[cfg(feature = "kubernetes")]
mod k8s_manifests;
#[cfg(feature = "pods")]
mod pods;
#[cfg(feature = "pods")]
mod pods_manifests;
#[cfg(feature = "pods")]
mod pods_setup;
mod serve;
mod setup;
pub(crate) mod sidecar;
mod vault;
#[cfg(feature = "pods")]
mod webhook;

#[cfg(feature = "ecr")]
pub use ambient::*;
pub use aws::*;
pub use chain::*;
pub use daemon::*;
#[cfg(feature = "ecr")]
pub use ecr::*;
pub use files::*;
pub use general::*;
pub use identity::*;
#[cfg(feature = "kubernetes")]
pub use k8s::*;
#[cfg(feature = "kubernetes")]
pub use k8s_manifests::*;
#[cfg(feature = "pods")]
pub use pods::*;
#[cfg(feature = "pods")]
pub use pods_manifests::*;
#[cfg(feature = "pods")]
pub use pods_setup::*;
pub use serve::*;
pub use setup::*;
pub use vault::*;
#[cfg(feature = "pods")]
pub use webhook::*;

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
    #[cfg(feature = "ecr")]
    &AMBIENT,
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
    &SETUP_AWS,
    #[cfg(feature = "ecr")]
    &REGISTRIES,
    #[cfg(feature = "ecr")]
    &ECR_CREDENTIALS,
    #[cfg(feature = "ecr")]
    &ECR_ENDPOINTS,
    #[cfg(feature = "ecr")]
    &REGISTRY_ENDPOINT,
    #[cfg(feature = "ecr")]
    &TOKEN_CACHE,
    #[cfg(feature = "ecr")]
    &AUTH_FILE,
    #[cfg(feature = "ecr")]
    &DOCKER_ERRORS,
    #[cfg(feature = "ecr")]
    &SERVICE_ACCOUNTS,
    #[cfg(feature = "ecr")]
    &REPOSITORY,
    #[cfg(feature = "ecr")]
    &KUBELET_PLUGIN,
    #[cfg(feature = "kubernetes")]
    &CLUSTER,
    #[cfg(feature = "kubernetes")]
    &TARGETS,
    #[cfg(feature = "kubernetes")]
    &SECRET,
    #[cfg(feature = "kubernetes")]
    &WRITES,
    #[cfg(feature = "kubernetes")]
    &DRY_RUN,
    #[cfg(feature = "kubernetes")]
    &CONTROLLER,
    #[cfg(feature = "kubernetes")]
    &MANIFESTS,
    #[cfg(feature = "pods")]
    &POD_IDENTITY,
    #[cfg(feature = "pods")]
    &POD_TOKENS,
    #[cfg(feature = "pods")]
    &POD_LINK,
    #[cfg(feature = "pods")]
    &POD,
    #[cfg(feature = "pods")]
    &POD_VIEW,
    #[cfg(feature = "pods")]
    &BROKERS,
    #[cfg(feature = "pods")]
    &OWN_CERTIFICATE,
    #[cfg(feature = "pods")]
    &PODS_SETUP,
    #[cfg(feature = "pods")]
    &PODS_MANIFESTS,
    #[cfg(feature = "pods")]
    &WEBHOOK,
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
