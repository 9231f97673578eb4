mod config;
mod duration;
mod error;
mod match_images;
mod request;
mod response;

pub use config::{CredentialProviderConfig, TokenAttributes, TokenCacheType};
pub use duration::go_duration;
pub use error::KubeletError;
pub use match_images::ecr_match_images;
pub use request::CredentialProviderRequest;
pub use response::{CacheKeyType, CredentialProviderResponse};

/// The version of the messages, and the only one: kubelet has had it since 1.26,
/// and wants an answer in the version of its question.
pub(crate) const API_VERSION: &str = "credentialprovider.kubelet.k8s.io/v1";
