//! The registries whose passwords ECR gives out: the reading half of the OCI
//! distribution API, <https://github.com/opencontainers/distribution-spec>.

mod access;
mod handle;
mod host;
mod image;
mod refusal;
mod route;
mod tags;

pub(crate) use handle::Registry;
pub(crate) use refusal::{server_error_answer, throttled_answer};
pub(crate) use route::operation;
