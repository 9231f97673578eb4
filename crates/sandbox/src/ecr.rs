//! ECR's and ECR Public's API: tokens for registries, and what the registries
//! hold.

mod action;
mod refusal;
mod region;
mod repository;
mod settings;
mod token;

pub(crate) use action::{Ecr, operation};
pub(crate) use refusal::{server_error_answer, throttled_answer};
pub(crate) use region::{dns_suffix, dual_stack_suffix, is_region};
pub use repository::Repository;
pub use settings::{EcrAction, EcrDenial, EcrSettings};
pub(crate) use token::{RegistryToken, RegistryTokens, TokenScope};
