use serde_json::json;

use super::login::{Login, LoginKind};
use super::resource::{FromFile, Part, Resource};

/// How an auth method is made that is not there yet.
#[derive(Debug)]
pub(super) enum AuthMethod {
    /// Of the cluster in which Vault runs: it has its own account there.
    OwnCluster,
    /// Of another cluster: where it is, whom it is known by, and who asks it
    /// about tokens.
    Cluster { host: String, ca: String },
    /// Of an issuer that publishes its keys.
    Issuer(String),
    /// Of one that is there as soon as it is mounted.
    Plain,
}

/// The token by which Vault asks another cluster. It lives long: it is put into
/// Vault out of a file, and stands in nothing that is printed.
const REVIEWER: FromFile = FromFile {
    key: "token_reviewer_jwt",
    variable: "REVIEWER_JWT_FILE",
};

impl AuthMethod {
    /// The mount, and what it has to know.
    pub(super) fn resources(&self, login: &Login) -> Vec<Resource> {
        let (mount, kind) = (login.mount.as_str(), login.kind.name());
        let backend = Resource::write(
            format!("The auth method {kind}, by which workloads log in"),
            format!("sys/auth/{mount}"),
            json!({ "type": kind }),
        )
        .part_of(Part::AuthMethod);
        let config = |body| {
            Resource::write(
                format!("What {mount} has to know of those who log in"),
                format!("auth/{mount}/config"),
                body,
            )
            .part_of(Part::AuthConfiguration)
        };
        let mounted = |resource: Resource| {
            resource
                .terraform_kind("vault_auth_backend", "auth")
                .with_terraform("path", mount)
        };
        let of_cluster = |resource: Resource| {
            resource
                .terraform_kind("vault_kubernetes_auth_backend_config", "auth")
                .with_terraform("backend", mount)
        };
        match self {
            Self::Plain => vec![mounted(backend)],
            Self::OwnCluster => {
                let body = json!({ "kubernetes_host": OWN_CLUSTER });
                vec![mounted(backend), of_cluster(config(body))]
            }
            Self::Cluster { host, ca } => {
                let body = json!({
                    "kubernetes_host": host,
                    "kubernetes_ca_cert": ca,
                    "disable_local_ca_jwt": true,
                });
                let config = of_cluster(config(body)).with_file(REVIEWER);
                vec![mounted(backend), config]
            }
            // Terraform has one resource for both.
            Self::Issuer(issuer) => {
                let body = json!({ "oidc_discovery_url": issuer, "bound_issuer": issuer });
                let config = config(body)
                    .terraform_kind("vault_jwt_auth_backend", "auth")
                    .with_terraform("path", mount)
                    .with_terraform("type", "jwt");
                vec![backend, config]
            }
        }
    }

    /// Whether Terraform makes the mount with this resource.
    pub(super) fn terraform(kind: LoginKind) -> &'static str {
        match kind {
            LoginKind::Jwt => "vault_jwt_auth_backend.iamra_auth.path",
            _ => "vault_auth_backend.iamra_auth.path",
        }
    }
}

/// The cluster's name inside of it.
const OWN_CLUSTER: &str = "https://kubernetes.default.svc";
