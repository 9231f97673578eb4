//! OpenBao in development mode, on loopback.

mod api;
mod authority;
mod certificates;
pub(crate) mod deployment;
mod login_setup;
mod logins;
mod namespaces;
mod own_name;
mod refusals;
mod revocation;
mod server;
mod setup;
#[cfg(feature = "pods")]
mod setup_pods;
pub(crate) mod setup_vault;
mod shapes;
mod tls;
mod token_life;
mod token_review;
mod trust_anchor;
mod watch;
