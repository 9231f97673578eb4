use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::ExposeSecret;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{API_VERSION, go_duration};
use crate::{RegistryLogin, secret_json};

/// What kubelet is to keep an answer for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[expect(
    clippy::exhaustive_enums,
    reason = "this version of the message has three"
)]
pub enum CacheKeyType {
    /// The one image.
    Image,
    /// All images of its registry: right for ECR.
    Registry,
    /// All images, whatever their registry.
    Global,
}

/// What a credential provider answers, on stdout.
///
/// [`CredentialProviderResponse`](https://kubernetes.io/docs/reference/config-api/kubelet-credentialprovider.v1/#credentialprovider-kubelet-k8s-io-v1-CredentialProviderResponse)
///
/// ```
/// use std::time::Duration;
/// use ecr_auth::{CacheKeyType, CredentialProviderResponse, RegistryLogin};
///
/// let login = RegistryLogin::new("public.ecr.aws", "AWS", "secret".into())?;
/// let half_of_its_life = Duration::from_secs(6 * 3600);
/// let response =
///     CredentialProviderResponse::new(vec![login], CacheKeyType::Registry, half_of_its_life);
/// assert!(response.to_json().ends_with(
///     br#""auth":{"public.ecr.aws":{"username":"AWS","password":"secret"}}}"#
/// ));
/// # Ok::<(), ecr_auth::InvalidLogin>(())
/// ```
#[derive(Clone, Debug)]
pub struct CredentialProviderResponse {
    logins: Option<Vec<RegistryLogin>>,
    cache_key_type: CacheKeyType,
    cache_duration: Duration,
}

impl CredentialProviderResponse {
    /// These credentials. Kubelet tries all whose host is the image's.
    ///
    /// It keeps them for `cache_duration`, in whole seconds, and not at all if
    /// that is zero: half of what is left of their life, say.
    pub fn new(
        logins: Vec<RegistryLogin>,
        cache_key_type: CacheKeyType,
        cache_duration: Duration,
    ) -> Self {
        Self {
            logins: Some(logins),
            cache_key_type,
            cache_duration,
        }
    }

    /// None: the image is of a registry that is not ours. Kubelet goes on
    /// without, and keeps that for `cache_duration`, too.
    pub fn nothing(cache_key_type: CacheKeyType, cache_duration: Duration) -> Self {
        Self {
            logins: None,
            cache_key_type,
            cache_duration,
        }
    }

    /// The message. Kubelet refuses all of an answer that has any other field.
    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        let auth = self.logins.as_ref().map(|logins| {
            let entry = |login| (RegistryLogin::host(login), ShownLogin::of(login));
            logins.iter().map(entry).collect()
        });
        secret_json::render(&Shown {
            kind: "CredentialProviderResponse",
            api_version: API_VERSION,
            cache_key_type: self.cache_key_type,
            cache_duration: go_duration(self.cache_duration),
            auth,
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    kind: &'static str,
    api_version: &'static str,
    cache_key_type: CacheKeyType,
    cache_duration: String,
    auth: Option<BTreeMap<&'a str, ShownLogin<'a>>>,
}

#[derive(Serialize)]
struct ShownLogin<'a> {
    username: &'a str,
    password: &'a str,
}

impl<'a> ShownLogin<'a> {
    fn of(login: &'a RegistryLogin) -> Self {
        Self {
            username: login.username(),
            password: login.password().expose_secret(),
        }
    }
}
