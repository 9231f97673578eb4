use std::path::PathBuf;

use async_trait::async_trait;

use super::{Credential, LoginExchange, LoginMethod};
use crate::{Error, Mount, backend, secret_file};

/// A login with the token of a Kubernetes service account (a JWT).
///
/// The kubelet replaces the file when four fifths of its life are over, so it
/// is read at each login.
#[derive(Clone, Debug)]
pub struct KubernetesLogin {
    /// The mount of the auth method, usually `kubernetes`.
    pub mount: Mount,
    /// The role of the auth method.
    pub role: String,
    /// The service-account token; a projected one where the role wants an
    /// audience.
    pub jwt_file: PathBuf,
}

impl KubernetesLogin {
    /// Where a pod finds the token of its service account.
    pub const JWT_FILE: &'static str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
}

#[async_trait]
impl LoginMethod for KubernetesLogin {
    fn name(&self) -> &'static str {
        "kubernetes"
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn credential(&self, _: &LoginExchange<'_>) -> Result<Credential, Error> {
        let jwt = secret_file::read("service-account token", &self.jwt_file)?;
        Ok(backend::kubernetes_login(&self.mount, &self.role, &jwt)?.into())
    }
}
