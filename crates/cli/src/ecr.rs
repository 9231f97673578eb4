//! Authorization tokens of ECR: for which registries, with whose credentials,
//! and what is kept of them for other processes.

mod auth_file;
mod cache_folder;
mod client;
mod foreign_helper;
mod obtained;
mod principal;
mod registries;
mod service_account;
mod stored_token;
mod tokens;

pub(crate) use auth_file::{AuthFile, Keeper};
pub(crate) use client::{registry_endpoint, registry_http};
pub(crate) use foreign_helper::ForeignHelper;
pub(crate) use obtained::Obtained;
pub(crate) use registries::{Registries, TokenGroup};
pub(crate) use service_account::{ANNOTATION, ServiceAccountRoles};
#[cfg(feature = "kubernetes")]
pub(crate) use tokens::Origin;
pub(crate) use tokens::Tokens;
