//! OpenBao in development mode, on loopback.

mod api;
mod certificates;
mod deployment;
mod namespaces;
mod refusals;
mod revocation;
mod server;
mod setup;
mod setup_vault;
mod shapes;
mod tls;
mod token_review;
mod trust_anchor;
