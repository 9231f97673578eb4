//! ECR registry names, authorization tokens, and the messages of docker and
//! kubelet.
//!
//! Authorization tokens of ECR, and everything that stands between them and what
//! pulls images:
//!
//! - [`Ecr`]: asks for an [`AuthorizationToken`], private or public.
//! - [`RegistryClient`]: reads from a registry with one: tags, manifests.
//! - [`RegistryHost`]: the names of registries, private and public, in all
//!   partitions, and which token opens each ([`TokenScope`]).
//! - [`DockerConfigEdit`]: logins in the file of docker, podman, helm and oras,
//!   with every foreign byte kept; [`docker_config_json`]: pull secrets.
//! - [`HelperRequest`], [`HelperCredentials`]: the protocol of docker's credential
//!   helpers.
//! - [`CredentialProviderRequest`], [`CredentialProviderResponse`],
//!   [`CredentialProviderConfig`]: kubelet's image credential providers.
//!
//! The first two speak to the network, by a [`destination::HttpClient`]; all else
//! is bytes to bytes. Where AWS credentials come from, and where tokens are kept,
//! is the caller's.
//!
//! ```
//! use ecr_auth::{DockerConfigEdit, RegistryHost, RegistryLogin};
//!
//! let image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/app:1";
//! let host = RegistryHost::in_reference(image)?;
//! assert_eq!(host.scope().to_string(), "eu-central-1");
//!
//! let login = RegistryLogin::new(host.as_str(), "AWS", "<password>".into())?;
//! let edited = DockerConfigEdit::new().log_in(login).apply(None)?;
//! assert!(edited.contents.is_some_and(|file| file.starts_with(b"{\n\t\"auths\": {")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authorization_token;
mod client;
mod docker_config;
mod docker_helper;
mod error;
mod json_object;
mod kubelet;
mod quote;
mod refusal;
mod registry_client;
mod registry_host;
mod registry_login;
mod secret_json;

pub use authorization_token::AuthorizationToken;
pub use client::Ecr;
pub use docker_config::{
    AuthForm, DockerConfig, DockerConfigEdit, DockerConfigError, EditedDockerConfig, EditedHost,
    EntryForm, PullSecretLogins, docker_config_json, dockercfg_json,
};
pub use docker_helper::{
    CREDENTIALS_NOT_FOUND, HelperAction, HelperCredentials, HelperError, HelperRequest,
    LONGEST_HELPER_REQUEST, NO_SERVER_URL, NO_USERNAME, helper_list_json,
};
pub use error::Error;
pub use json_object::InvalidJson;
pub use kubelet::{
    CacheKeyType, CredentialProviderConfig, CredentialProviderRequest, CredentialProviderResponse,
    KubeletError, TokenAttributes, TokenCacheType, ecr_match_images, go_duration,
};
pub use refusal::{Refusal, RefusalCause};
pub use registry_client::{
    InvalidRepositoryName, Manifest, ManifestName, RegistryClient, RepositoryName,
};
pub use registry_host::{InvalidRegistryHost, RegistryHost, TokenScope};
pub use registry_login::{InvalidLogin, RegistryLogin};
