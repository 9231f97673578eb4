use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::mount_path::MountPath;
use super::plan::CA;
use super::resource::Resource;
use super::workload::{Account, Who, Workload};

/// How the workloads log in.
pub(super) struct Login {
    pub(super) kind: LoginKind,
    pub(super) mount: MountPath,
    pub(super) audience: Audience,
}

/// An auth method.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub(super) enum LoginKind {
    #[default]
    Kubernetes,
    Jwt,
    AppRole,
    Certificate,
}

/// Whom the tokens of the workloads are made for.
pub(super) struct Audience(String);

/// A text that is no such thing.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Invalid(&'static str);

/// Seconds that a login's token lives: long enough for one certificate, even
/// from a slow Vault.
pub(super) const TOKEN_TTL: u64 = 20 * 60;
/// The same with every renewal.
pub(super) const TOKEN_MAX_TTL: u64 = 60 * 60;

impl Login {
    /// The role by which a workload logs in and gets its policy.
    pub(super) fn role(&self, workload: &Workload, policy: &str) -> Resource {
        let mount = self.mount.as_str();
        let (folder, kind, name) = match self.kind {
            LoginKind::Kubernetes => ("role", "vault_kubernetes_auth_backend_role", "role_name"),
            LoginKind::Jwt => ("role", "vault_jwt_auth_backend_role", "role_name"),
            LoginKind::AppRole => ("role", "vault_approle_auth_backend_role", "role_name"),
            LoginKind::Certificate => ("certs", "vault_cert_auth_backend_role", "name"),
        };
        let mut fields = self.who(workload);
        fields.insert("token_policies".into(), json!([policy]));
        fields.insert("token_ttl".into(), json!(TOKEN_TTL));
        fields.insert("token_max_ttl".into(), json!(TOKEN_MAX_TTL));
        let mut role = Resource::write(
            format!("Who may log in as {}", workload.name),
            format!("auth/{mount}/{folder}/{}", workload.name),
            Value::Object(fields),
        );
        if self.kind == LoginKind::Certificate {
            role = role.with("certificate", CA);
        }
        role.terraform_kind(kind, &workload.name)
            .with_terraform("backend", mount)
            .with_terraform(name, workload.name.as_str())
    }

    fn who(&self, workload: &Workload) -> Map<String, Value> {
        let audience = &self.audience.0;
        let fields = match &workload.who {
            Who::ServiceAccount(Account { name, namespace }) => json!({
                "bound_service_account_names": [name],
                "bound_service_account_namespaces": [namespace],
                "audience": audience,
            }),
            Who::Subject(subject) => json!({
                "role_type": "jwt",
                "user_claim": "sub",
                "bound_subject": subject,
                "bound_audiences": [audience],
            }),
            Who::Holder if self.kind == LoginKind::Certificate => json!({
                "allowed_common_names": [workload.name],
            }),
            Who::Holder => json!({ "bind_secret_id": true }),
        };
        match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }
}

impl LoginKind {
    /// The type of the auth method, and where it is by default.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Jwt => "jwt",
            Self::AppRole => "approle",
            Self::Certificate => "cert",
        }
    }

    /// What a workload looks like with it.
    pub(super) fn example(self) -> &'static str {
        match self {
            Self::Kubernetes => "app.example.test=app@production",
            Self::Jwt => "app.example.test=repo:example/app:ref:refs/heads/main",
            Self::AppRole | Self::Certificate => "app.example.test",
        }
    }
}

impl FromStr for LoginKind {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let kinds = [
            Self::Kubernetes,
            Self::Jwt,
            Self::AppRole,
            Self::Certificate,
        ];
        let found = kinds.into_iter().find(|kind| kind.name() == text);
        found.ok_or(Invalid("it must be kubernetes, jwt, approle or cert"))
    }
}

#[cfg(feature = "pods")]
impl Audience {
    /// Of the tokens that the webhook of EKS Pod Identity puts into pods.
    pub(super) fn of_pods() -> Self {
        Self("pods.eks.amazonaws.com".to_owned())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Audience {
    fn default() -> Self {
        Self("vault".to_owned())
    }
}

impl FromStr for Audience {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(Invalid("it is empty, or has control characters"));
        }
        Ok(Self(text.to_owned()))
    }
}
