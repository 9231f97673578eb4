//! A Kubernetes cluster, as far as pod identity sees it: service accounts, pods
//! and their tokens, endpoints, and the API that tells of them.

mod api;
mod cluster;
mod endpoints;
mod handle;
mod list;
mod object;
mod pod;
mod pod_proxy;
mod review;
mod route;
mod selection;
mod status;
mod token;
mod token_request;
mod watch;
mod world;

pub(crate) use api::{Reply, answer};
pub(crate) use cluster::Cluster;
pub use endpoints::Endpoint;
pub use handle::Kubernetes;
pub use pod::Pod;
pub(crate) use pod_proxy::Forward;
pub(crate) use route::{is_ours, operation};
pub(crate) use status::{server_error_answer, throttled_answer};
pub use token::ServiceAccount;
pub(crate) use token::TokenClaims;
pub(crate) use watch::Watch;
